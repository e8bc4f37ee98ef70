#include "abilities.h"

#include <string>

namespace gatehouse::wire {

Error not_supported_yet(std::string_view param, std::string_view text) {
  return Error(Code::not_supported, Origin::caller, "not_supported_yet", std::string(text)).with_param(std::string(param));
}

Status refuse_first(std::span<const Inability> rows) {
  for (const Inability& row : rows) {
    if (row.asked_for) return not_supported_yet(row.param, row.text);
  }
  return ok();
}

}  // namespace gatehouse::wire
