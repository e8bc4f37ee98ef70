#include "characters.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>

#include "gatehouse/base/assert.h"

namespace gatehouse::nlu {
namespace {

struct CharacterRange {
  char32_t first, last;
};
// The blocks that BERT takes for Han: Unicode has had others since.
constexpr CharacterRange han[] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF}, {0x2A700, 0x2B73F},
                                  {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};

bool is_han(char32_t c) {
  return std::ranges::any_of(han, [c](const CharacterRange& range) { return c >= range.first && c <= range.last; });
}

Role role_of_ascii(char32_t c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return Role::space;
  if (c < ' ' || c == 0x7F) return Role::dropped;
  const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return letter ? Role::part : Role::alone;
}

constexpr std::uint32_t dropped_categories = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK;

// Longer than any decomposition, in lower case, of one character.
using Units = std::array<UChar, 64>;

const UNormalizer2* decomposer() {
  static const UNormalizer2* const found = [] {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* instance = unorm2_getNFDInstance(&status);
    GH_ASSERT(U_SUCCESS(status));
    return instance;
  }();
  return found;
}

// A character's canonical decomposition, in UTF-16; the character itself where it has none.
std::int32_t decompose(char32_t c, Units& out) {
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t n =
      unorm2_getDecomposition(decomposer(), static_cast<UChar32>(c), out.data(), static_cast<std::int32_t>(out.size()), &status);
  GH_ASSERT(U_SUCCESS(status));
  if (n >= 0) return n;
  std::int32_t length = 0;
  U16_APPEND_UNSAFE(out.data(), length, static_cast<UChar32>(c));
  return length;
}

}  // namespace

Role role_of(char32_t character) {
  if (character < 0x80) return role_of_ascii(character);
  if (character == 0xFFFD) return Role::dropped;
  if (is_han(character)) return Role::alone;
  const std::uint32_t category = U_GET_GC_MASK(static_cast<UChar32>(character));
  if ((category & dropped_categories) != 0) return Role::dropped;
  if ((category & U_GC_Z_MASK) != 0) return Role::space;
  return (category & U_GC_P_MASK) != 0 ? Role::alone : Role::part;
}

void append_plain(std::u32string& out, char32_t character) {
  if (character < 0x80) return out.push_back(character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character);
  if (character >= 0x4E00 && character <= 0x9FFF) return out.push_back(character);
  Units whole, bare, lower;
  const std::int32_t size = decompose(character, whole);
  std::int32_t kept = 0;
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U16_NEXT_UNSAFE(whole.data(), at, c);
    if ((U_GET_GC_MASK(c) & U_GC_MN_MASK) == 0) U16_APPEND_UNSAFE(bare.data(), kept, c);
  }
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t n = u_strToLower(lower.data(), static_cast<std::int32_t>(lower.size()), bare.data(), kept, "", &status);
  GH_ASSERT(U_SUCCESS(status));
  for (std::int32_t at = 0; at < n;) {
    UChar32 c = 0;
    U16_NEXT_UNSAFE(lower.data(), at, c);
    out.push_back(static_cast<char32_t>(c));
  }
}

void append_utf8(std::string& out, char32_t character) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto tail = [&](int shift) { put(0x80 | ((character >> shift) & 0x3F)); };
  if (character < 0x80) return put(character);
  if (character < 0x800) {
    put(0xC0 | (character >> 6));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    tail(6);
  } else {
    put(0xF0 | (character >> 18));
    tail(12);
    tail(6);
  }
  tail(0);
}

}  // namespace gatehouse::nlu
