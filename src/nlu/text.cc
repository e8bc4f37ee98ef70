#include "gatehouse/nlu/text.h"

#include <algorithm>
#include <utility>

#include "code_point.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::nlu {

Text::Text(std::string utf8) : utf8_(std::move(utf8)) {
  const std::string_view whole = utf8_;
  for (std::size_t at = 0; at < whole.size();) {
    const CodePoint next = first_code_point(whole.substr(at));
    if (next.value > 0xFFFF) astral_.push_back(static_cast<std::uint32_t>(starts_.size()));
    starts_.push_back(static_cast<std::uint32_t>(at));
    at += next.bytes;
  }
  starts_.push_back(static_cast<std::uint32_t>(whole.size()));
}

std::string_view Text::slice(Place place) const {
  GH_ASSERT(place.begin <= place.end && place.end <= size());
  return std::string_view(utf8_).substr(starts_[place.begin], starts_[place.end] - starts_[place.begin]);
}

wire::NluOffset Text::offset(Place place, wire::OffsetUnit unit) const {
  GH_ASSERT(place.begin <= place.end && place.end <= size());
  return {offset(place.begin, unit), offset(place.end, unit)};
}

std::uint32_t Text::offset(std::uint32_t at, wire::OffsetUnit unit) const {
  switch (unit) {
    case wire::OffsetUnit::byte:
      return starts_[at];
    case wire::OffsetUnit::utf16:
      return at + static_cast<std::uint32_t>(std::ranges::lower_bound(astral_, at) - astral_.begin());
    case wire::OffsetUnit::codepoint:
      break;
  }
  return at;
}

}  // namespace gatehouse::nlu
