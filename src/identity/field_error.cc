#include "field_error.h"

#include <utility>

namespace gatehouse::identity {

Error field_error(std::string_view reason, std::string_view field, std::string text, std::string expected) {
  const std::string name(field);
  FieldFault fault("/" + name, text, std::move(expected));
  return caller_error(reason, std::move(text)).with_param(name).with_faults({std::move(fault)});
}

}  // namespace gatehouse::identity
