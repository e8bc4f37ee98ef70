#include "utf8.h"

namespace gatehouse::telemetry {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
std::uint32_t six(char c) { return static_cast<unsigned char>(c) & 0x3FU; }

}  // namespace

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {1, lead};
  if (lead >= 0xC2 && lead <= 0xDF) {
    if (text.size() < 2 || !continues(text[1])) return {0, 0};
    return {2, (lead & 0x1FU) << 6 | six(text[1])};
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (text.size() < 3 || !continues(text[1]) || !continues(text[2])) return {0, 0};
    const std::uint32_t c = (lead & 0x0FU) << 12 | six(text[1]) << 6 | six(text[2]);
    const bool bad = c < 0x800 || (c >= 0xD800 && c <= 0xDFFF);
    return bad ? Character{0, 0} : Character{3, c};
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (text.size() < 4 || !continues(text[1]) || !continues(text[2]) || !continues(text[3])) return {0, 0};
    const std::uint32_t c = (lead & 0x07U) << 18 | six(text[1]) << 12 | six(text[2]) << 6 | six(text[3]);
    const bool bad = c < 0x10000 || c > 0x10FFFF;
    return bad ? Character{0, 0} : Character{4, c};
  }
  return {0, 0};
}

}  // namespace gatehouse::telemetry
