// identity/field_error.h — what somebody wrote that is not taken, by the field that it stands in: what desks say as readers of bodies do.
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/error.h"

namespace gatehouse::identity {

// text: a sentence; expected: what would have been right. invalid_argument, origin caller, with the field as param and as fault.
Error field_error(std::string_view reason, std::string_view field, std::string text, std::string expected);

}  // namespace gatehouse::identity
