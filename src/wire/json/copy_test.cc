#include "gatehouse/wire/json/copy.h"

#include <gtest/gtest.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

TEST(CopyJson, GivesTheSameJson) {
  const std::string json = R"({"a":[1,2.5,true,null,"x\"y"],"b":{"c":[]},"d":-7,"e":18446744073709551615})";
  JsonParser parser;
  std::string again;
  JsonWriter writer(again);
  copy_json(writer, *parser.parse(json));
  EXPECT_EQ(again, json);
}

}  // namespace
}  // namespace gatehouse::wire
