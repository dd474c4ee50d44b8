import subprocess
import sys
from pathlib import Path

import dualad.data
import dualad.utils.data

ROOT = Path(__file__).parents[2]


def test_the_names_are_the_same_objects():
    names = [name for name in vars(dualad.utils.data) if not name.startswith("_")]
    assert {"Dataset", "TensorDataset", "DataLoader", "random_split", "Subset"} <= set(names)
    for name in names:
        assert getattr(dualad.utils.data, name) is getattr(dualad.data, name)


def test_the_package_imports_numpy_and_nothing_heavier():
    """`dualad` itself is stood in for by an empty package, so that only what `data` imports is seen."""
    program = (
        "import sys, types; package = types.ModuleType('dualad'); package.__path__ = [sys.argv[1]]\n"
        "sys.modules['dualad'] = package\n"
        "import dualad.data\n"
        "ours = {name for name in sys.modules if name.startswith('dualad.')}\n"
        "assert all(name.startswith('dualad.data') for name in ours), ours\n"
        "assert not {'scipy', 'sklearn', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(ROOT / "dualad")], check=True)
