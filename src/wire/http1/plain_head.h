// wire/http1/plain_head.h — heads as nearly all clients write them, read without Beast, which looks at each character several times.
// Rules    what is read here is what Beast reads, to the last view; whatever may be anything else is left to it
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "http1/beast_head.h"

namespace gatehouse::wire::http1 {

// bytes and fields as for read_with_beast(). Nothing: Beast has to say what it is. So it is with another version than 1.1, with names of
// more than letters, digits, '-' and '_', and with all of what Beast acts upon but one Content-Length in digits and Connection: keep-alive.
std::optional<BeastHead> read_plain_head(std::string_view bytes, std::vector<FieldView>& fields);

}  // namespace gatehouse::wire::http1
