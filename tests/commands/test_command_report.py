"""report and completion."""

import shutil
import subprocess

import pytest

from skae import load
from skae.__main__ import main
from skae.estimator.registry import ESTIMATORS
from skae.inspection import report


def test_the_report_is_text_or_one_page(named_file, folder, frame, tmp_path, capsys):
    found = report(load(named_file), frame[list("abcd")])
    assert main(["report", str(named_file), str(folder / "rows.csv"), "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == repr(found).strip()
    page = tmp_path / "new" / "report.html"
    assert main(["report", str(named_file), str(folder / "rows.csv"), "--output", str(page)]) == 0
    assert found._repr_html_() in page.read_text() and "http" not in page.read_text()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    "words, expected",
    [
        (["sc"], {"score"}),
        (["fit", "--warm"], {"--warmup-epochs"}),
        (["plot", "--kin"], {"--kind"}),
        (["fit", "--estimator", "''"], set(ESTIMATORS)),
        (["fit", "r.csv", "--estimator", "de"], {"denoising"}),
        (["fit", "--estimator", "=", "sp"], {"sparse"}),
        (["fit", "--estimator", "="], set(ESTIMATORS)),
        (["fit", "--loss", "lo"], {"log_loss"}),
        (["plot", "--kind", "co"], {"code"}),
        (["completion", "z"], {"zsh"}),
        # Other commands and options take files.
        (["transform", "--estimator", "mod"], {"model.skae"}),
        (["fit", "--output", "mod"], {"model.skae"}),
    ],
)
def test_bash_completes_commands_options_and_their_values(words, expected, capsys, tmp_path):
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    (tmp_path / "model.skae").touch()
    line = " ".join(["skae", *words])
    code = f'{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _skae; echo "${{COMPREPLY[@]}}"'
    run = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert set(run.stdout.split()) == expected and run.stderr == ""
    assert main(["completion", "zsh"]) == 0
    assert "bashcompinit" in capsys.readouterr().out
