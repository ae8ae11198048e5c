"""The service as a retriever of other frameworks: `langchain`, `llama_index`. Each needs its own extra.

They import `retriever.client` and their framework, and nothing else of Asof.
"""
