// wire/text/rows.h — rows of tokens that a model makes a few numbers of, each by itself: a text's vector, or how well two texts go
// together.
// Shapes   rows BYTES [R]: of each a u32 (where its second text begins; its length where there is one alone) and its ids, u32 each.
//          Back: values FP32 [R, D]
// Rules    what comes back of a row depends on nothing but that row; they are computed in whatever order
// Threads  value types, pure functions
// Errors   invalid_tensor, origin caller; output_unexpected, origin engine
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire {

struct TokenRow {
  std::vector<std::uint32_t> ids;  // at least one
  std::uint32_t second = 0;        // where the second text begins; the number of ids: there is none
  friend bool operator==(const TokenRow&, const TokenRow&) = default;
};

engine::Infer call_of(std::span<const TokenRow> rows);
Result<std::vector<TokenRow>> token_rows_of(const engine::Infer& call);

// What such a model says of itself.
engine::Signature token_rows_signature(std::int64_t width);

// As many numbers a row.
struct RowValues {
  std::size_t width = 0;
  std::vector<float> values;
  std::size_t rows() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const float> row(std::size_t i) const { return std::span(values).subspan(i * width, width); }
};
engine::Inferred answer_of(const RowValues& values);
// rows: as many as were asked for.
Result<RowValues> row_values_of(const engine::Inferred& answer, std::size_t rows);

}  // namespace gatehouse::wire
