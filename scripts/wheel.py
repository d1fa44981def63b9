"""Build the wheel, install it in a new environment without extras, and use it: ``python -m scripts.wheel``."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

from bareface.imaging.portraits import portraits

ROOT = Path(__file__).resolve().parents[1]
MOST_MIB = 650
"""The core's environment may take this much; half of what everything took when this was written."""


def build(folder: Path) -> Path:
    """Build wheel and source archive; the wheel, which is made from the archive, is returned."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def try_out(wheel: Path, folder: Path) -> int:
    """Install a wheel into a new environment in a folder and use it; the size of that environment in MiB.

    Raises
    ------
    subprocess.CalledProcessError
        If it cannot be installed, or something that was done with it failed.
    """
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run([*install, "-c", ROOT / "constraints.txt", wheel], check=True)
    photo = portraits()[0].photos[0]
    (folder / "use").mkdir()
    subprocess.run([python, "-I", ROOT / "scripts" / "use_core.py", photo, folder / "use"], check=True, cwd=folder)
    return sum(file.stat().st_size for file in environment.rglob("*") if file.is_file()) >> 20


def main() -> None:
    """Check the wheel of this tree."""
    with TemporaryDirectory(prefix="bareface-wheel-") as folder:
        wheel = build(Path(folder) / "dist")
        size = try_out(wheel, Path(folder))
    print(f"{wheel.name}: installed and used; the core takes {size} MiB with everything it needs.")
    if size > MOST_MIB:
        raise SystemExit(f"That is more than {MOST_MIB} MiB: does the core need a new package?")


if __name__ == "__main__":
    main()
