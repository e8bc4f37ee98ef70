// gateway/test_head.h — a request head from a few fields, which must outlive it.
#pragma once
#include <initializer_list>
#include <string_view>
#include <utility>

#include "gatehouse/wire/http1/head.h"

namespace gatehouse::gateway {

inline wire::RequestHead head_with(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  wire::RequestHead head;
  for (const auto& [name, value] : fields) {
    wire::FieldView field;
    field.name = name;
    field.value = value;
    head.fields.push_back(field);
  }
  return head;
}

}  // namespace gatehouse::gateway
