"""Messages of errors ``model.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "model.card/add": Entry("the model cannot be added like this: {reason}.", "Correct it."),
    "model.card/added": Entry(
        "the model card cannot be read: {reason:clause}.", "Add the model again, or delete its folder."
    ),
    "model.card/packaged": Entry("the model card cannot be read: {reason:clause}.", "Reinstall bareface."),
    "model.checksum/added": Entry(
        "the model's file does not match its card.",
        cli="Add it again: `bareface models add {model} FILE`.",
        python="Add it again: `bareface.models.registry.add({model!r}, path)`.",
    ),
    "model.checksum/packaged": Entry("the file of the model {model} does not match its card.", "Reinstall bareface."),
    "model.checksum/sha256": Entry("the file's SHA-256 is {digest}, not {sha256}."),
    "model.external": Entry(
        "{model} keeps weights in other files, which are never read.",
        "Save it with its weights in one file.",
    ),
    "model.fitted": Entry(
        "what was fitted for the model {model} cannot be read: {reason:clause}.",
        cli="Fit it again: `bareface models fit {model} --faces DIR`. Or delete the file.",
        python="Fit it again: `Models.fit({model!r}, folder)`. Or delete the file.",
    ),
    "model.interface/batch": Entry(
        "{model} cannot be fed as its card says: it takes exactly {faces} faces a run.",
        cli=(
            "Check `--input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface models add`."
        ),
        python=(
            "Check `input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface.models.registry.add`."
        ),
    ),
    "model.interface/input": Entry(
        "{model} cannot be fed as its card says: its input is {stated:tensor}, not {needed:tensor}.",
        cli=(
            "Check `--input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface models add`."
        ),
        python=(
            "Check `input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface.models.registry.add`."
        ),
    ),
    "model.interface/inputs": Entry(
        "{model} cannot be fed as its card says: it has {inputs} inputs where one is needed.",
        cli=(
            "Check `--input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface models add`."
        ),
        python=(
            "Check `input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface.models.registry.add`."
        ),
    ),
    "model.interface/networks": Entry(
        "the two networks of {model} make templates of {space} and of {masked_space}.",
        "Name a network of the same space as `bare` in its card.",
    ),
    "model.interface/no-output": Entry(
        "{model} cannot be fed as its card says: it has no output.",
        cli=(
            "Check `--input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface models add`."
        ),
        python=(
            "Check `input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface.models.registry.add`."
        ),
    ),
    "model.interface/output": Entry(
        "{model} cannot be fed as its card says: its first output is {stated:tensor}, not a tensor of floats [n, d].",
        cli=(
            "Check `--input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface models add`."
        ),
        python=(
            "Check `input` (geometry, layout). Use another model, or add it again from a sound file: "
            "`bareface.models.registry.add`."
        ),
    ),
    "model.missing/added": Entry(
        "the model's file is missing.",
        cli="Add it again: `bareface models add {model} FILE`.",
        python="Add it again: `bareface.models.registry.add({model!r}, path)`.",
    ),
    "model.missing/file": Entry("there is no such file.", "Check the path."),
    "model.missing/packaged": Entry("the file of the model {model} is missing.", "Reinstall bareface."),
    "model.name/fit": Entry(
        "{model} is a packaged model, with calibrations of its own.",
        cli="For rates of your own photos: `bareface calibrate GALLERY`.",
        python="For rates of your own photos: `Gallery.calibrate()`.",
    ),
    "model.name/form": Entry(
        "{name!r} is not a model name: letters, digits, dots and dashes only, {most} at most.",
        "Choose another name.",
    ),
    "model.name/kept": Entry("{model} is a packaged model.", "Only added models can be removed."),
    "model.name/packaged": Entry("{model} is a packaged model.", "Choose another name."),
    "model.output/array": Entry(
        "the model {model} gave an array {shape:shape} of {dtype} where {count} vectors of floating point numbers "
        "are needed.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/count": Entry(
        "the model {model} gave {vectors:count vector} for {faces:count face}.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/differs": Entry(
        "the model {model} gave two different templates for the same face.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/face-far": Entry(
        "the model {model} gave a face far away from the picture.",
        cli="Use another detector, or add it again from a sound file: `bareface models add`.",
        python="Use another detector, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/face-numbers": Entry(
        "the model {model} gave a face that is not a box, a score and five points of finite numbers.",
        cli="Use another detector, or add it again from a sound file: `bareface models add`.",
        python="Use another detector, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/face-rows": Entry(
        "the model {model} gave faces that are not 15 finite numbers each.",
        cli="Use another detector, or add it again from a sound file: `bareface models add`.",
        python="Use another detector, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/kind": Entry(
        "the model {model} gave a value of the type {kind} where {count} vectors of floating point numbers are needed.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/known-face": Entry(
        "the model {model} did not find the face in a known portrait.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/length": Entry(
        "the model {model} gave vectors of {length} numbers, not of {expected}.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/long": Entry(
        "the model {model} gave vectors of {length:,} numbers, more than {most:,}.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/networks": Entry(
        "the two networks of {model} give templates of {lengths} numbers.",
        "Name a network of the same space as `bare` in its card.",
    ),
    "model.output/not-finite": Entry(
        "the model {model} gave a template that is not finite.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/same": Entry(
        "the model {model} gave the same template for two different faces.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/short": Entry(
        "the model {model} gave vectors of {length} numbers, not of two or more.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/together": Entry(
        "the model {model} gave different templates for two faces in one batch than for each alone.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.output/zero": Entry(
        "the model {model} gave a template that is all zero.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.precision/vnni": Entry(
        "int8 templates need a CPU with VNNI, which this one lacks or does not report: 8-bit sums could saturate.",
        "Use float32, which compares with int8 templates of the same space, or `auto` for the faster of the two on "
        "each machine.",
    ),
    "model.precision/weights": Entry(
        "{model} has no {precision} weights, only {known}.",
        cli="Leave out `--precision`, or choose an `--embedder` that has them: see `bareface models`.",
        python="Leave out `precision`, or choose an embedder that has them: see `bareface.models.registry.cards()`.",
    ),
    "model.provider/fallback": Entry(
        "{provider} could not be started; ONNX Runtime fell back to {used:list}.",
        "Check the device's driver and libraries, or leave the provider out to run on the CPU.",
    ),
    "model.provider/missing": Entry(
        "{provider} is not available here; ONNX Runtime offers {available:list}.",
        "Install the ONNX Runtime build for your device, or leave the provider out to run on the CPU.",
    ),
    "model.provider/opencv": Entry(
        "{model} runs through OpenCV, which has the CPU only.",
        "Choose the detector bareface or dlib, or leave the provider out to run on the CPU.",
    ),
    "model.run": Entry(
        "the network failed: {reason}",
        cli="If it needs more memory than there is, work on fewer photos at once with `--threads 1`.",
        python="If it needs more memory than there is, work on fewer photos at once with `threads=1`.",
    ),
    "model.run/opencv": Entry(
        "OpenCV cannot run {model}: {reason}",
        cli="Use another detector, or add it again from a sound file: `bareface models add`.",
        python="Use another detector, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.task/add": Entry("only models for detection and embedding can be added."),
    "model.task/detector": Entry("{model} is a model for {task}, not a detector that can be chosen by name."),
    "model.task/embedding": Entry("{model} is a model for {task}, not for embedding."),
    "model.task/upper-face": Entry("{model} makes no upper-face templates."),
    "model.terms": Entry(
        "{model} is not a known model, and its {missing:list} must be stated.",
        cli="Give --preset, or --task, --licence and --training-data.",
        python="Give `preset`, or `task`, `licence` and `training_data`.",
    ),
    "model.trial/crash": Entry(
        "{model} failed its trial run: it crashed ({how}).",
        "Get a sound file from its source, or use another model.",
    ),
    "model.trial/no-process": Entry(
        "{model} failed its trial run: no process could be started for it: {reason}.",
        "Try again.",
    ),
    "model.trial/run": Entry(
        "{model} failed its trial run: {reason}",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.trial/start": Entry(
        "{model} failed its trial run: the process for it could not start: {reason}.",
        "Reinstall bareface.",
    ),
    "model.trial/stopped": Entry(
        "{model} failed its trial run: it took too much processor time, or was stopped for its memory.",
        "Get a sound file from its source, or use another model.",
    ),
    "model.trial/time": Entry(
        "{model} failed its trial run: it did not end within {seconds} seconds.",
        "Get a sound file from its source, or use another model.",
    ),
    "model.unknown": Entry(
        "no model is called {model!r}; there are {known}.",
        cli="Register one with `bareface models add {model} FILE`.",
        python="Register one with `bareface.models.registry.add({model!r}, path)`.",
        service="The list of models has all of them.",
    ),
    "model.unknown/added": Entry(
        "no added model is called {model!r}.",
        cli="`bareface models` lists them.",
        python="`bareface.models.registry.cards()` lists them.",
    ),
    "model.unknown/segmenter": Entry("no segmenter is called {name!r}; there is {known}."),
    "model.unreadable/file": Entry("it cannot be read: {reason}.", "Get a sound file from its source."),
    "model.unreadable/format": Entry(
        "{reason}.",
        cli="Use another model, or add it again from a sound file: `bareface models add`.",
        python="Use another model, or add it again from a sound file: `bareface.models.registry.add`.",
    ),
    "model.unreadable/long": Entry("it is longer than 2 GiB.", "Get a sound file from its source."),
    "model.unreadable/not-a-file": Entry("it is not a regular file.", "Get a sound file from its source."),
    "model.unreadable/onnx": Entry("ONNX Runtime cannot load it: {reason}", "Get a sound file from its source."),
}
