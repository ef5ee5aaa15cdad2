"""`python -m mpiprocessing script {slurm,pbs,lsf} [OPTION ...] PROGRAM.py [ARGUMENT ...]`"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence

from mpiprocessing.jobscripts.launchers import choose
from mpiprocessing.jobscripts.rendering import render
from mpiprocessing.jobscripts.request import RequestError, parse, read_request

__all__ = ["main"]

_SUBMIT = {"slurm": "sbatch", "pbs": "qsub", "lsf": "bsub"}


def main(arguments: Sequence[str]) -> int:
    """Print a job script, and submit it if that was asked for; returns the status for the shell."""
    options = parse(arguments)
    try:
        request = read_request(options)
        choice = choose(request)
        kept = [word for word in arguments if word != "--submit"]
        text = render(request, choice, f"python -m mpiprocessing script {shlex.join(kept)}")
        file = options.output or (f"{request.name}.{request.scheduler}.sh" if options.submit else "")
        program = shutil.which(_SUBMIT[request.scheduler])
        if options.submit and program is None:
            raise RequestError(
                f"there is no {_SUBMIT[request.scheduler]} here: submit on a login node of the cluster"
            )
        if file:
            _write(file, text)
    except RequestError as error:
        sys.stderr.write(f"python -m mpiprocessing script: {error}\n")
        return 2
    sys.stdout.buffer.write(os.fsencode(text))
    if not options.submit:
        return 0
    assert program is not None
    sys.stdout.flush()
    if request.scheduler == "lsf":  # it reads the script's own lines from stdin only
        sys.stderr.write(f"$ bsub < {shlex.quote(file)}\n")
        with open(file, encoding="utf-8") as script:
            return subprocess.run([program], stdin=script, check=False).returncode
    sys.stderr.write(f"$ {_SUBMIT[request.scheduler]} {shlex.quote(file)}\n")
    return subprocess.run([program, file], check=False).returncode


def _write(file: str, text: str) -> None:
    """Write the script, but over nothing else."""
    try:
        with open(file, "xb") as script:
            script.write(os.fsencode(text))  # as the shell had given the arguments, whatever their bytes
        os.chmod(file, 0o755)
    except FileExistsError:
        with open(file, "rb") as script:
            if script.read() != os.fsencode(text):
                raise RequestError(
                    f"{file} is there, and differs: remove it, or name another with -o"
                ) from None
    except OSError as error:
        raise RequestError(f"cannot write the script: {error}") from error
