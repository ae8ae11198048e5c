"""Everything that can go wrong with a question, or with the key that it is asked under.

RetrieverError
├── BadQuery           a field of the question cannot be accepted; `field` names it
│   ├── BadLine        nor can a line of a file of questions
│   └── NotKnownYet    `known_at` lies past what is recorded
├── BadCitation        this is not a citation handle
├── BadReceipt         this receipt cannot be asked again: incomplete, altered, or of another ledger
├── Behind             the generation that is wanted at least is not there yet
├── BadSetting         a setting of the environment cannot be accepted
├── BadBoundary        a boundary around quoted evidence stands in the evidence itself
├── BadKey             a key cannot be made as asked for
│   └── KeyExists      a key of this id was made before
├── MissingExtra       a command needs a package that only an extra installs
├── TraceExists        there is another trace of this id
├── UnknownTrace       no trace of this id is kept for this caller
├── UnknownReceipt     no receipt of this id is kept for this caller
├── StoreUnusable      what keeps traces or receipts cannot be read or written
│   └── StoreFull      there is no room to keep more of them
├── UnknownKey         there is no key of this id
├── KeyRefused         the key in the environment is unknown, expired or revoked
└── KeysUnreadable     the file of keys is damaged, or a later version of Asof wrote it
"""


class RetrieverError(Exception):
    """A refusal that names the object and the next step."""


class BadQuery(RetrieverError):
    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class BadLine(BadQuery):
    pass


class NotKnownYet(BadQuery):
    pass


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


class KeyExists(BadKey):
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


class StoreFull(StoreUnusable):
    pass


class UnknownKey(RetrieverError):
    pass


class KeyRefused(RetrieverError):
    pass


class KeysUnreadable(RetrieverError):
    pass
