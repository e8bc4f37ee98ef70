// Bytes that claim to be the head of a model file: read or refused by name, and what is read lies within the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gatehouse/model/gguf.h"

namespace {

namespace gm = gatehouse::model;
using gatehouse::Result;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(bytes), size);
  // As a file that ends there, and as one that goes on for a while.
  for (const std::uint64_t behind : {std::uint64_t{0}, std::uint64_t{1} << 20U}) {
    const std::uint64_t file_bytes = size + behind;
    const Result<gm::GgufHead> read = gm::parse_gguf_head(head, file_bytes);
    if (!read) {
      require(read.error().reason().starts_with("gguf_") && read.error().origin() == gatehouse::Origin::operator_);
      require(!read.error().public_text().empty());
      continue;
    }
    require(!read->architecture.empty() && read->architecture.size() <= 64);
    require(read->tensor_bytes <= file_bytes);
    require(read->cell_bytes <= std::uint64_t{1} << 41U);
    // Of what is larger than any machine, too, a sum can be made.
    require(gm::memory_needed(file_bytes, read->cell_bytes, 1U << 20U) >= file_bytes);
  }
  return 0;
}
