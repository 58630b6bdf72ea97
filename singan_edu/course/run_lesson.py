"""Execute a lesson with parameters of one's own, from the shell. Needs the extra ``lessons``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import papermill
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError


class LessonError(RuntimeError):
    """A lesson did not run to its end; the message says why and what to do."""


def run_lesson(lesson: Path, executed: Path, parameters: Mapping[str, object]) -> None:
    """Execute a lesson in its own folder and pass on what its cells print.

    Args:
        lesson: the notebook.
        executed: where the executed notebook is written.
        parameters: values for the names of the notebook's parameters cell.

    Raises:
        LessonError: a cell failed, the kernel died, or there is no kernel.
        KeyboardInterrupt: the user stopped the lesson.
    """
    try:
        papermill.execute_notebook(
            str(lesson),
            str(executed),
            parameters=dict(parameters),
            kernel_name="python3",
            cwd=str(lesson.parent),
            progress_bar=False,
            stdout_file=sys.stdout,
            stderr_file=sys.stderr,
            kernel_manager_class=InterruptibleKernel,
        )
    except papermill.PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            raise KeyboardInterrupt from error
        details = f"{error.ename}: {error.evalue} (details: {executed})"
        raise LessonError(details) from error
    except DeadKernelError as error:
        raise LessonError(
            "The notebook's kernel died, probably because memory ran out. Try a smaller "
            "--max-size. The state of the training is saved: the same command resumes it."
        ) from error
    except NoSuchKernel as error:
        raise LessonError(f"{error}. Install ipykernel in the environment of singan.") from error


class InterruptibleKernel(AsyncKernelManager):
    """A kernel that receives the first Ctrl-C, so that the training in it can save its state.

    Papermill would shut the kernel down at once. The second Ctrl-C does so.
    """

    async def _async_post_start_kernel(self, **options: object) -> None:
        """Take over the signal once there is a process to pass it to."""
        await super()._async_post_start_kernel(**options)
        if sys.platform != "win32":  # where a console's Ctrl-C reaches the kernel by itself
            signal.signal(signal.SIGINT, self._pass_on)

    def _pass_on(self, *_: object) -> None:
        """Send the interrupt to the kernel; the next one is Python's own."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pid = getattr(self.provisioner, "pid", None)  # a kernel on another machine has none
        if pid is not None:
            os.kill(pid, signal.SIGINT)
