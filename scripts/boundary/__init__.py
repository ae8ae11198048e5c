"""What the return-decision assistant is made of, besides its boundary, which is `scripts/returns_assistant`."""
