// What Unicode says of a character, as far as BERT's tokenizer asks.
// Threads  pure functions over ICU's tables, which are part of its library
#pragma once
#include <cstdint>
#include <string>

namespace gatehouse::nlu {

// What a character does to the words around it.
enum class Role : std::uint8_t { part, alone, space, dropped };
Role role_of(char32_t character);

// In lower case without its marks: may be no character or several.
void append_plain(std::u32string& out, char32_t character);

void append_utf8(std::string& out, char32_t character);

}  // namespace gatehouse::nlu
