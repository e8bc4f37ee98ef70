// app/print_json.h — JSON as people read it: an object line by line, a list as a table.
// Rules    texts are shown as for_terminal() gives them: most of them others have chosen
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::app {

// One line a member, null and empty ones left out.
std::string object_as_text(std::string_view json);
// columns: the members that are shown.
std::string table_as_text(std::string_view json, std::span<const std::string_view> columns);

}  // namespace gatehouse::app
