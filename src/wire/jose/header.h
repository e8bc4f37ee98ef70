// What a token says about itself, before anything of it is believed.
#pragma once
#include <optional>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/jose/algorithm.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire::jose {

struct JwsHeader {
  JwsAlgorithm algorithm = JwsAlgorithm::hs256;
  std::optional<std::string_view> kid, typ;  // in the parser's memory
};

Result<JwsHeader> read_header(std::string_view json, JsonParser& parser);

}  // namespace gatehouse::wire::jose
