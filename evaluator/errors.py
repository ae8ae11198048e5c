"""Everything that can go wrong with what is measured.

RetrieverError
└── EvaluatorError
    ├── BadFile            a file cannot be read, or holds nothing to measure
    ├── BadLine            a line cannot be accepted; the message names file, line and field
    ├── ExpiredCalibration a judge's calibration is of another model or prompt
    ├── BadScorer          a scorer is not known, or lacks what it needs
    ├── NotScored          some pairs could not be scored; the others were
    ├── UnmatchedAnswer    an answer belongs to no question, or to one that is already answered
    ├── BadRules           the rules of a gate cannot be accepted; the message names rule and key
    └── BrokenRun          what a gate was to judge was not measured, so there is nothing to decide by
"""

from retriever.errors import RetrieverError


class EvaluatorError(RetrieverError):
    """A refusal that names the object and the next step; entry points translate it as they do the retriever's."""


class BadFile(EvaluatorError):
    pass


class BadLine(EvaluatorError):
    """A line that cannot be accepted; `problem` begins with the field, where it is about one."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class BadScorer(EvaluatorError):
    pass


class NotScored(EvaluatorError):
    pass


class UnmatchedAnswer(EvaluatorError):
    pass


class BadRules(EvaluatorError):
    pass


class BrokenRun(EvaluatorError):
    pass


class ExpiredCalibration(EvaluatorError):
    pass
