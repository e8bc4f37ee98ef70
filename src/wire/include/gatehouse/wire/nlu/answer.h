// wire/nlu/answer.h — what was found in a text, and the four forms in which a caller may have it.
// Forms    paths    [[{"type","span","offset":[start,end],"score"}, …], …]: from the root to a leaf, depth first
//          grouped  {type: [{"text","start","end","probability","relations"?}]}: nested by key
//          tree     [{"type","span","offset","score","children":[…]}]: each find once, with what was found below it
//          flat     [{"type","span","offset","score"}]: each find once, in order
//          a find of the tenant's lexicon has "source":"lexicon" at its end
// Units    offsets are half-open and in the caller's unit; null: the span does not stand in the text that was sent
// Threads  value types; pure functions that append to what they are given
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

enum class OffsetUnit : std::uint8_t { codepoint, utf16, byte };
enum class NluForm : std::uint8_t { paths, grouped, tree, flat };
enum class NluSource : std::uint8_t { model, lexicon };
enum class NluScores : std::uint8_t { left_out, shown };

struct NluOffset {
  std::uint32_t start = 0, end = 0;
  friend auto operator<=>(const NluOffset&, const NluOffset&) = default;
};

// One find: what kind of thing it is, and where it stands.
struct NluStep {
  std::string type, span;
  std::optional<NluOffset> offset = {};
  double score = 0;  // 0 to 1
  NluSource source = NluSource::model;
  friend bool operator==(const NluStep&, const NluStep&) = default;
};

using NluPath = std::vector<NluStep>;

void write_nlu_output(JsonWriter& json, std::span<const NluPath> paths, NluForm form, NluScores scores);

}  // namespace gatehouse::wire
