"""Everything that can go wrong with a question or with a key.

RetrieverError
├── BadQuery           a field of the question cannot be accepted; `field` names it
├── BadCitation        this is not a citation handle
├── BadReceipt         this receipt cannot be replayed: incomplete, altered, or of another ledger
├── Behind             the index has not reached the generation that the question needs
├── BadSetting         a setting of the environment cannot be accepted
├── BadBoundary        a boundary around quoted evidence stands in the evidence itself
├── BadKey             a key cannot be made with these fields
├── MissingExtra       a command needs a package that only an extra installs
├── TraceExists        there is another trace of this id
├── UnknownTrace       no trace of this id is kept for this caller
├── UnknownReceipt     no receipt of this id is kept for this caller
├── StoreUnusable      the store of traces or receipts cannot be read or written
├── UnknownKey         there is no key of this id
└── KeysUnreadable     the file of keys is damaged, or a later version of Asof wrote it
"""


class RetrieverError(Exception):
    """A refusal that names the object and the next step."""


class BadQuery(RetrieverError):
    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class BadCitation(RetrieverError):
    pass


class BadReceipt(RetrieverError):
    pass


class Behind(RetrieverError):
    pass


class BadSetting(RetrieverError):
    pass


class BadBoundary(RetrieverError):
    pass


class BadKey(RetrieverError):
    pass


class MissingExtra(RetrieverError):
    pass


class TraceExists(RetrieverError):
    pass


class UnknownReceipt(RetrieverError):
    pass


class UnknownTrace(RetrieverError):
    pass


class StoreUnusable(RetrieverError):
    pass


class UnknownKey(RetrieverError):
    pass


class KeysUnreadable(RetrieverError):
    pass
