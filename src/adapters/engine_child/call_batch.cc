#include "call_batch.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gatehouse::adapters {

namespace w = wire::engine;

namespace {

// Nothing: its inputs have no rows, or do not agree about how many.
std::optional<std::int64_t> rows_of(const w::Infer& call) {
  if (call.inputs.empty()) return std::nullopt;
  for (const wire::Tensor& tensor : call.inputs) {
    if (tensor.shape.empty() || tensor.shape.front() != call.inputs.front().shape.front()) return std::nullopt;
  }
  const std::int64_t rows = call.inputs.front().shape.front();
  return rows > 0 ? std::optional(rows) : std::nullopt;
}

bool is_alike(const wire::Tensor& one, const wire::Tensor& other) {
  return one.name == other.name && one.datatype == other.datatype && one.shape.size() == other.shape.size() &&
         std::equal(one.shape.begin() + 1, one.shape.end(), other.shape.begin() + 1);
}

// The bytes of so many rows, taken from the front.
std::string_view take_rows(std::string_view& rest, const wire::Tensor& whole, std::int64_t rows) {
  const auto all = static_cast<std::uint64_t>(whole.shape.front());
  std::size_t bytes = whole.bytes.size() / all * static_cast<std::uint64_t>(rows);
  if (whole.datatype == wire::Datatype::bytes) {
    const std::uint64_t elements = wire::element_count(whole.shape).value_or(0) / all * static_cast<std::uint64_t>(rows);
    const std::vector<std::string_view> texts = wire::bytes_elements(rest);
    bytes = 0;
    for (std::uint64_t i = 0; i < elements; ++i) bytes += sizeof(std::uint32_t) + texts[i].size();
  }
  const std::string_view taken = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return taken;
}

}  // namespace

bool has_free_rows(const w::Signature& signature) {
  const auto free = [](const wire::TensorSpec& spec) { return !spec.shape.empty() && spec.shape.front() == -1; };
  return !signature.inputs.empty() && std::ranges::all_of(signature.inputs, free) && std::ranges::all_of(signature.outputs, free);
}

bool may_join(const w::Infer& one, const w::Infer& other) {
  if (!rows_of(one) || !rows_of(other) || one.outputs != other.outputs || one.room != other.room) return false;
  return std::ranges::equal(one.inputs, other.inputs, is_alike);
}

w::Infer joined(std::span<const w::Infer* const> calls) {
  w::Infer whole = *calls.front();
  for (const w::Infer* call : calls.subspan(1)) {
    for (std::size_t i = 0; i < whole.inputs.size(); ++i) {
      whole.inputs[i].shape.front() += call->inputs[i].shape.front();
      whole.inputs[i].bytes += call->inputs[i].bytes;
    }
  }
  return whole;
}

std::optional<std::vector<w::Inferred>> parted(const w::Inferred& answer, std::span<const w::Infer* const> calls) {
  std::int64_t rows = 0;
  for (const w::Infer* call : calls) rows += rows_of(*call).value_or(0);
  std::vector<w::Inferred> parts(calls.size());
  for (const wire::Tensor& output : answer.outputs) {
    if (output.shape.empty() || output.shape.front() != rows) return std::nullopt;
    std::string_view rest = output.bytes;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      wire::Tensor& part = parts[i].outputs.emplace_back();
      part.name = output.name;
      part.datatype = output.datatype;
      part.shape = output.shape;
      part.shape.front() = *rows_of(*calls[i]);
      part.bytes = take_rows(rest, output, part.shape.front());
    }
  }
  return parts;
}

}  // namespace gatehouse::adapters
