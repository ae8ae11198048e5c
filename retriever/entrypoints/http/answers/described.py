"""What the answers of the service have in common, as pydantic models for its OpenAPI document.

Each field is named, and there is no other. The models describe, and generated requests hold the service to them;
answers are not validated again on their way out.
"""

from pydantic import BaseModel, ConfigDict, Field

SHA256 = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal.")
INSTANT = Field(description="RFC 3339, in UTC.", examples=["2025-03-01T00:00:00Z"])
END = Field(description="RFC 3339, in UTC; null where no end is set.")


class Described(BaseModel):
    model_config = ConfigDict(extra="forbid")
