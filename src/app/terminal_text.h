// app/terminal_text.h — what others have chosen (names, paths, user agents), in a form in which it does nothing to a terminal.
// Rules    taken out is what a terminal acts on or a reader is misled by: control characters of one byte and of Unicode (C1), what ends a
//          line, what turns the direction of writing around, what is not seen at all, and bytes that are no UTF-8. Everything else stays,
//          whatever its script
// Threads  pure functions
#pragma once
#include <string>
#include <string_view>

namespace gatehouse::app {

// One line, with each such byte as \xNN, and a backslash as two, so that nobody can write what was taken out.
std::string for_terminal(std::string_view text);
// A JSON document that a JsonWriter has made: such characters as \uNNNN, which says the same.
std::string json_for_terminal(std::string_view json);

}  // namespace gatehouse::app
