"""Where runs come from."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.lineage import Link, branch, change_words, family_of, tree
from mlws_tui.domain.runs import Run, RunState
from mlws_tui.ui.screens.lineage import lineage_rows
from tests.pages.kit import AGENT, BASE, CHILD, FORK, bench_of, family

ids = st.sampled_from([f"r{i}" for i in range(8)])


async def test_a_family_is_a_tree_with_what_changed(workspace: Workspace) -> None:
    family(workspace)
    async with bench_of(workspace) as bench:
        told = await bench.lineage.of("lora-8-slow")
        rows = lineage_rows(told, bench.runs.now())
    assert [(node.id, node.above, node.relation, node.depth) for node in told.nodes] == [
        (BASE, None, "", 0), (FORK, BASE, "fork", 1), (CHILD, FORK, "fork", 2), (AGENT, CHILD, "launched", 3),
    ]  # fmt: skip
    changes = [[change_words(one) for one in node.changes] for node in told.nodes]
    assert changes == [[], ["lora.r 16 → 8"], ["lr 0.0001 → 1e-05", "lora.alpha dropped"], []]
    assert [row.jump and row.jump.target for row in rows if row.key] == [BASE, FORK, CHILD, AGENT]


async def test_a_parent_that_is_gone_is_named(workspace: Workspace) -> None:
    family(workspace)
    async with bench_of(workspace) as bench:
        await bench.runs.edit(BASE, by="person", deleted=True)
        await bench.ingest.catch_up()
        told = await bench.lineage.of(FORK)
        assert [(node.id, node.run is None) for node in told.nodes][:2] == [(BASE, False), (FORK, False)]
        alone = await bench.lineage.of(AGENT)
        assert alone.nodes[0].id == BASE


@settings(max_examples=33)
@given(st.lists(st.builds(Link, ids, st.none() | ids, st.none() | ids), max_size=12), ids)
def test_rings_and_gaps_end(links: list[Link], asked: str) -> None:
    found = family_of(asked, links)
    assert asked in found.members and len(set(found.members)) == len(found.members)
    told = tree(asked, found, {asked: Run(asked, asked, "training", RunState.RUNNING)})
    assert [node.id for node in told.nodes] == list(found.members)
    for node in told.nodes:
        assert len(branch(node)) == 3 * node.depth
        if node.above is not None:
            assert node.above in found.members
