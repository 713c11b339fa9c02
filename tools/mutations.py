# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutants of a file: its source with one small fault each, made by cosmic-ray's operators and four of our own.

Of cosmic-ray's comparisons and sums each is taken to its neighbour and to its opposite: all pairs would add thousands
of mutants that any test kills. What Python does not run is left alone: annotations, docstrings, and sentences that
people read; a string of one word is a code, a key or a name that somebody types, and counts.
"""

from __future__ import annotations

import ast
import difflib
import functools
import pathlib
import re
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.python.tree import Keyword, String

COMPARISONS = "Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is".split()
SUMS = "Add_Sub Sub_Add Mul_FloorDiv Div_Mul FloorDiv_Mul Mod_Mul Pow_Mul LShift_RShift RShift_LShift".split()
SETS = "BitOr_BitAnd BitAnd_BitOr".split()
OTHERS = (
    "AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue"
    " ReplaceContinueWithBreak ExceptionReplacer NumberReplacer RemoveDecorator ZeroIterationForLoop"
    " ReplaceUnaryOperator_Delete_Not ReplaceUnaryOperator_Delete_USub"
).split()
SENTENCE = re.compile(r"\w.* .*\w", re.DOTALL)


class Mutant(NamedTuple):
    """One fault: in which file and line, the operator that made it, what stood there, what stands there, all of it."""

    file: str
    line: int
    operator: str
    was: str
    now: str
    source: str


class _Ours(Operator):
    """An operator in cosmic-ray's form: whether it fits a node, and what it makes of it."""

    def mutation_positions(self, node):
        if self.fits(node):
            yield node.start_pos, node.end_pos

    @classmethod
    def examples(cls):
        return ()


class OtherWord(_Ours):
    """A code, a key, a name that users type, a pattern: one letter more."""

    def fits(self, node):
        return isinstance(node, String) and not SENTENCE.search(node.value)

    def mutate(self, node, _index):
        quote = node.value[-3:] if node.value.endswith(('"""', "'''")) else node.value[-1]
        node.value = node.value[: -len(quote)] + "X" + quote
        return node


class NoStatement(_Ours):
    """A call, a yield, a raise, a deletion, an item or an attribute set, a sum added: as if the line were not there."""

    def fits(self, node):
        if node.type != "simple_stmt":
            return False
        what = node.children[0]
        if what.type == "expr_stmt":
            target, sign = what.children[0], what.children[1]
            return sign.type == "operator" and (sign.value != "=" or target.type == "atom_expr")
        return what.type in ("atom_expr", "power", "raise_stmt", "del_stmt", "yield_expr")

    def mutate(self, node, _index):
        first = node.get_first_leaf()
        node.children[0] = Keyword("pass", first.start_pos, first.prefix)
        return node


class NoResult(_Ours):
    """A function that returns nothing; no answer and the answer no are one to whoever asks."""

    def fits(self, node):
        return node.type == "return_stmt" and node.children[1].get_code().strip() != "False"

    def mutate(self, node, _index):
        node.children[1] = Keyword("None", node.children[1].start_pos, " ")
        return node


class OtherMembership(_Ours):
    """``in`` for ``not in``, and the other way round."""

    def fits(self, node):
        return node.type == "comparison" and self._word(node) in ("in", "not in")

    def mutate(self, node, _index):
        other = "not in" if self._word(node) == "in" else "in"
        node.children[1] = Keyword(other, node.children[1].start_pos, " ")
        return node

    @staticmethod
    def _word(node):
        return " ".join(node.children[1].get_code().split())


class _Running(ast.NodeTransformer):
    """Leaves what Python runs: no annotations, no docstrings."""

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        node.returns = None
        return self.generic_visit(node)

    def visit_Expr(self, node):
        return ast.Pass() if isinstance(node.value, ast.Constant) else self.generic_visit(node)


@functools.cache
def operators():
    """Each operator with its name."""
    provider = OperatorProvider()
    names = [f"ReplaceComparisonOperator_{pair}" for pair in COMPARISONS]
    names += [f"ReplaceBinaryOperator_{pair}" for pair in (*SUMS, *SETS)]
    theirs = {name: provider[name]() for name in (*names, *OTHERS)}
    return {**theirs, **{kind.__name__: kind() for kind in (OtherWord, NoStatement, NoResult, OtherMembership)}}


def mutants_of(path):
    """Every mutant of a file that Python runs otherwise, each once; statement by statement, which is quick."""
    before, rest = "", pathlib.Path(path).read_text()
    for statement in get_ast(rest).children:
        piece = statement.get_code()
        rest = rest[len(piece) :]
        for name, line, mutated in _mutated(piece):
            at = before.count("\n") + line
            yield Mutant(path.stem, at, name, *_change(piece, mutated), before + mutated + rest)
        before += piece


def unchanged(path):
    """The file as it is, which must survive: else something but the faults fails the tests."""
    return Mutant(path.stem, 0, "", "", "", path.read_text())


def _mutated(piece):
    known, nodes = {_meaning(piece)}, list(ast_nodes(get_ast(piece)))
    for name, operator in operators().items():
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for number, ((line, _column), _end) in enumerate(places):
            mutated = mutate_code(piece, operator, number)
            meaning = _meaning(mutated)
            if meaning and meaning not in known:
                known.add(meaning)
                yield name, line, mutated


def _meaning(piece):
    try:
        return ast.dump(_Running().visit(ast.parse(piece)))
    except SyntaxError:  # an operator that took a sign of the grammar for a sum
        return None


def _change(source, mutated):
    """The lines that differ, as one line each."""
    before, after = source.splitlines(), mutated.splitlines()
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    changed = [block for block in blocks if block[0] != "equal"]
    first, last = changed[0], changed[-1]
    return (" ".join(" ".join(some).split()) for some in (before[first[1] : last[2]], after[first[3] : last[4]]))
