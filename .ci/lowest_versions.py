"""Print the lowest versions that setup.cfg admits of what the package and its tests need, as constraints for pip."""

import re
from configparser import ConfigParser
from pathlib import Path

setup = ConfigParser()
setup.read(Path(__file__).parent.parent / "setup.cfg")
requirements = setup["options"]["install_requires"] + setup["options.extras_require"]["test"]
for requirement in requirements.split():
    # Without the extras of a package, which a constraint cannot have.
    name, version = re.fullmatch(r"([\w-]+)(?:\[[\w,]+\])?>=([\w.]+)", requirement).groups()
    print(f"{name}=={version}")
