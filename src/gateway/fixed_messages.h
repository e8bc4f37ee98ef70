// gateway/fixed_messages.h — the messages that clients know by heart, in the languages that they are known in.
// Threads  pure function
#pragma once
#include <string_view>

#include "negotiation.h"

namespace gatehouse::gateway {

// Of a fixed message its text in that language, of any other the text as it is.
std::string_view in_language(Language language, std::string_view english);

}  // namespace gatehouse::gateway
