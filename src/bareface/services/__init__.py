"""The services: everything that an interface can do, one method for each thing.

====================================  ==============================================================================
:mod:`.gallery`                       `Gallery`: enrol, search, list, correct, delete, check, calibrate, report
:mod:`.faces`                         `Faces`: find, compare, unmask and enhance faces in photos, without a gallery
:mod:`.models`                        `Models`: list, show, add and remove models
:mod:`.evaluation`                    `Evaluation`: run a protocol, measure, plot, report, import and export scores
:mod:`.evaluation_restoration`        `RestorationEvaluation`: measure whether restoring helps
:mod:`.demo`                          `demonstrate`: all of it on public-domain portraits
====================================  ==============================================================================

Each method takes and gives plain values, takes a ``context`` (who calls, and why), and leaves one event in the audit
log that the service was made with.

The command line, Python programs and the web service (``bareface.web``) call nothing else; ``docs/design.md`` says
how to add a route.
"""
