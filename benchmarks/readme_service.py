"""The table of the web service under load."""

from __future__ import annotations

from benchmarks.markdown import Values, table

_PHASES = {
    "single": "one search at a time",
    "capacity": "{clients} clients, one search after the other: the capacity",
    "open": "at random moments, half of the capacity, while photos are enrolled",
    "closed": "{clients} clients, one search after the other, while photos are enrolled",
}


def service_load(results: Values) -> str:
    """Format the times of searches in each phase, and what they are to stay within."""
    phases = results["phases"]
    rows = [
        [
            said.format(clients=phases[name].get("clients")),
            f"{phases[name]['per_s']:.1f}",
            *(f"{1e3 * phases[name][key]:.0f} ms" for key in ("median_s", "p95_s")),
            str(phases[name]["error_count"]),
            f"{phases[name]['enrolled_per_s']:.1f}" if "enrolled_per_s" in phases[name] else "",
        ]
        for name, said in _PHASES.items()
    ]
    memory, enrolment = results["memory"], results["enrolment"]
    figures = [
        ["95 % at half of the capacity, in medians of one at a time", f"{results['p95_in_medians']:.2f}"],
        [
            f"{results['clients']} clients while photos are enrolled, of the capacity",
            f"{results['throughput_share']:.2f}",
        ],
        [
            f"photos enrolled, of {results['photos']:,}; stored; errors",
            f"{enrolment['acknowledged']:,}; {enrolment['stored']:,}; {enrolment['error_count']}",
        ],
        [
            "memory of the service: at first, at most, at last",
            ", ".join(f"{memory[f'{when}_mib']:.0f}" for when in ("first", "peak", "last")) + " MiB",
        ],
    ]
    title = f"searches of {results['references']:,} references"
    return (
        table([title, "a second", "median", "95 %", "errors", "enrolled a second"], rows)
        + "\n\n"
        + table(["web service under load", ""], figures)
    )
