// model/gguf.h — what a GGUF file's head says, read without trust, when an operator imports it; the server itself parses no model file.
// Rules    nothing is allocated by what the file claims; counts, lengths and places are checked against what is there
// Units    cells: places of a token in the KV cache
// Threads  pure function over bytes; read_gguf_head blocks
// Errors   gguf_invalid (no GGUF, cut short, or a head that contradicts itself), gguf_unsupported → operator
// Source   ggml docs/gguf.md
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"

namespace gatehouse::model {

struct GgufHead {
  std::string architecture;  // such as "llama"
  std::uint64_t tensors = 0;
  std::uint64_t tensor_bytes = 0;  // from the first to the end of the last
  std::uint64_t context = 0;       // tokens that it was trained for; 0: not said
  std::uint64_t vocabulary = 0;    // 0: not said
  std::uint64_t cell_bytes = 0;    // of the KV cache in half precision; 0: cannot be told
  bool has_chat_template = false;
  std::string layout;  // the type of most of its weights, such as "q4_1"; empty: it has none
};

// bytes: the file's first ones; file_bytes: of all.
Result<GgufHead> parse_gguf_head(std::string_view bytes, std::uint64_t file_bytes);
// Of a file, from its beginning; the descriptor's place stays where it is.
Result<GgufHead> read_gguf_head(const Fd& file);

// Memory that an engine takes for a model of these bytes with so many cells, weights, cache and working space together.
std::uint64_t memory_needed(std::uint64_t file_bytes, std::uint64_t cell_bytes, std::uint64_t cells);

}  // namespace gatehouse::model
