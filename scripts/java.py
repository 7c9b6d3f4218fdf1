"""Says whether there is a Java that Spark runs on, and if not, how to come by one.

    python scripts/java.py
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = 17
CURE = (f"Cure: install Java {NEEDED} or newer (Debian, Ubuntu: apt-get install openjdk-{NEEDED}-jre-headless; macOS: "
        f"brew install openjdk@{NEEDED}), and name its folder in JAVA_HOME if `java` is not in the path.")


def main() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        sys.exit(f"Spark needs Java, and there is no {java or 'java in the path'}. {CURE}")
    done = subprocess.run([java, "-version"], capture_output=True, text=True)
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    if done.returncode or not found:
        sys.exit(f"Spark needs Java, and {java} -version says:\n{done.stdout}{done.stderr}\n{CURE}")
    if int(found.group(1)) < NEEDED:
        sys.exit(f"Spark needs Java {NEEDED} or newer, and {java} is Java {found.group(1)}. {CURE}")


if __name__ == "__main__":
    main()
