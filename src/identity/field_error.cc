#include "field_error.h"

#include <utility>

namespace gatehouse::identity {

Error field_error(std::string_view reason, std::string_view field, std::string text, std::string expected) {
  const std::string name(field);
  FieldFault fault("/" + name, text, std::move(expected));
  return caller_error(reason, std::move(text)).with_param(name).with_faults({std::move(fault)});
}

Error role_not_allowed(std::string_view field) {
  return Error(Code::permission_denied, Origin::caller, "role_not_allowed", "Not enough permissions").with_param(std::string(field));
}

}  // namespace gatehouse::identity
