"""Tables as pages."""

from engram.reporting.html import to_html


def test_a_table_becomes_a_table():
    """Head and cells of Markdown are those of HTML, bold included."""
    page = to_html("| a | b |\n|---|---|\n| 1 | **2** |\n", "t")
    assert "<th>a</th>" in page
    assert "<td><strong>2</strong></td>" in page
    assert "<title>t</title>" in page


def test_what_stands_in_a_name_is_shown_not_run():
    """A subject's or data set's name cannot put a script into the report."""
    assert "<script>" not in to_html("| <script>alert(1)</script> |\n|---|\n| x |\n", "t")
