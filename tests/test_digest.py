import pytest

from correlates.digest import _data_files, _file_of, _module, library_digest, reached_modules


@pytest.fixture
def scripts(tmp_path):
    """Return a folder of scripts beside a small package of the library's name."""
    forget()
    package = tmp_path / "correlates"
    (package / "flow").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "flow" / "__init__.py").write_text("")
    (package / "flow" / "gates.py").write_text("from correlates import tables\nLIMIT = 1\n")
    (package / "tables.py").write_text('"""Tables."""\nimport csv\n')
    (package / "cohort.py").write_text("X = 1\n")
    (package / "job.py").write_text("import logging\n")
    (tmp_path / "gate.py").write_text(
        "from correlates.flow.gates import LIMIT\nfrom correlates.job import run\n"
    )
    yield tmp_path
    forget()


def forget():
    """Files are read once a process; a test that edits one starts anew."""
    _module.cache_clear()
    _file_of.cache_clear()
    _data_files.cache_clear()


def edit(path, text):
    path.write_text(text)
    forget()


def test_modules_are_reached_through_others_and_their_packages(scripts):
    assert reached_modules(scripts / "gate.py") == {
        "correlates",
        "correlates.flow",
        "correlates.flow.gates",
        "correlates.tables",
    }


@pytest.mark.parametrize(
    ("module", "text"),
    [
        pytest.param("correlates/tables.py", '"""Other words."""\nimport csv\n', id="a docstring"),
        pytest.param("correlates/tables.py", "import csv  # why\n", id="a comment"),
        pytest.param("correlates/cohort.py", "X = 2\n", id="a module that is not reached"),
        pytest.param("correlates/job.py", "import sys\n", id="how a job logs"),
    ],
)
def test_the_digest_stays(scripts, module, text):
    before = library_digest(scripts / "gate.py")

    edit(scripts / module, text)

    assert library_digest(scripts / "gate.py") == before


@pytest.mark.parametrize(
    ("module", "text"),
    [
        pytest.param("correlates/flow/gates.py", "LIMIT = 2\n", id="a module imported directly"),
        pytest.param("correlates/tables.py", "import csv\nX = 1\n", id="one reached through it"),
        pytest.param("correlates/__init__.py", "X = 1\n", id="the package itself"),
        pytest.param("correlates/flow/page.html.j2", "<p>", id="a page template in its package"),
    ],
)
def test_the_digest_changes(scripts, module, text):
    before = library_digest(scripts / "gate.py")

    edit(scripts / module, text)

    assert library_digest(scripts / "gate.py") != before
