// wire/llm/abilities.h — refuses what a request may ask for by its schema and this version cannot do yet.
// Errors   not_supported_yet (not_supported): param and public text are those of the first row that is asked for
#pragma once
#include <span>
#include <string_view>

#include "gatehouse/base/result.h"

namespace gatehouse::wire {

struct Inability {
  bool asked_for;
  std::string_view param;
  std::string_view text;  // what is not supported, and what to send in its place
};

Status refuse_first(std::span<const Inability> rows);
Error not_supported_yet(std::string_view param, std::string_view text);

}  // namespace gatehouse::wire
