"""The service as a retriever of other frameworks: `langchain`, `llama_index`. Each needs the extra of its name.

They know `retriever.client` and their framework, and nothing else of Asof.
"""
