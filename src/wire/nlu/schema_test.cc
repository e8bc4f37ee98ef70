#include "gatehouse/wire/nlu/schema.h"

#include <gmock/gmock.h>

#include "gatehouse/base/random.h"
#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

std::string json_of(const NluSchema& schema) {
  std::string out;
  JsonWriter writer(out);
  write_nlu_schema(writer, schema);
  return out;
}

Result<NluSchema> schema_of(std::string_view json) {
  JsonParser parser;
  GH_TRY(const JsonValue value, parser.parse(json));
  return read_nlu_schema(value);
}

// The schema as an object whose leaves are null, or where it is wrong and what is.
std::string seen(std::string_view json) {
  const Result<NluSchema> schema = schema_of(json);
  if (schema) return json_of(*schema);
  if (schema.error().faults().empty()) return std::string(schema.error().reason());
  const FieldFault& fault = schema.error().faults().front();
  return fault.path + ": " + fault.message;
}

std::string json_string(std::string_view text) {
  std::string out;
  JsonWriter(out).value(text);
  return out;
}

TEST(NluSchema, IsAnObjectOrAStringThatHoldsOne) {
  struct Row {
    const char *sent, *read;
  };
  constexpr Row rows[] = {
      {R"j({"人物":null})j", R"j({"人物":null})j"},
      {R"j({"b":null,"a":null})j", R"j({"b":null,"a":null})j"},
      {R"j({"人物":{"国籍(国籍)":null,"职务":{}}})j", R"j({"人物":{"国籍(国籍)":null,"职务":null}})j"},
      {R"j({"a":"","b":[],"c":{},"d":null})j", R"j({"a":null,"b":null,"c":null,"d":null})j"},
      {R"j({"人物":["国籍","职务"]})j", R"j({"人物":{"国籍":null,"职务":null}})j"},
      {R"j("{\"人物\": null}")j", R"j({"人物":null})j"},
      {R"j("{\"a\": {\"b\": [\"c\"]}}")j", R"j({"a":{"b":{"c":null}}})j"},
      {R"j({"a/b":{"~":null}})j", R"j({"a/b":{"~":null}})j"},
  };
  for (const Row& row : rows) EXPECT_EQ(seen(row.sent), row.read) << row.sent;
}

TEST(NluSchema, SaysWhereItIsWrong) {
  struct Row {
    const char *sent, *fault;
  };
  constexpr Row rows[] = {
      {R"j({})j", ": holds no key"},
      {R"j([])j", ": is a list"},
      {R"j(["人物"])j", ": is a list"},
      {R"j(null)j", ": is null"},
      {R"j(3)j", ": is a number"},
      {R"j("[]")j", ": is a list"},
      {R"j("\"{}\"")j", ": is a string"},
      {R"j("{")j", ": is a string that holds no JSON object: Not valid JSON: error at byte 1"},
      {R"j("")j", ": is a string that holds no JSON object: Not valid JSON: error at byte 0"},
      {R"j({"人物":3})j", "/人物: is a number"},
      {R"j({"人物":"职务"})j", "/人物: is a string"},
      {R"j({"人物":{"职务":[1]}})j", "/人物/职务/0: is a number"},
      {R"j({"人物":["职务","职务"]})j", "/人物/1: stands in its list twice"},
      {R"j({"人物":{"a/b":true}})j", "/人物/a~1b: is a boolean"},
      {R"j({"":null})j", "/: has no name"},
      {R"j({" \u3000\u2003":null})j", "/ \u3000\u2003: has no name"},
      {R"j({"a\u0007":null})j", "/a\u0007: has a control character in its name"},
      {R"j({"a":["b\u0085"]})j", "/a/0: has a control character in its name"},
      {R"j("{\"a\":null,\"a\":null}")j", ": is a string that holds no JSON object: The key \"a\" stands there twice at byte 10"},
  };
  for (const Row& row : rows) {
    const std::string got = seen(row.sent);
    if (std::string_view(row.fault).find("twice at byte") != std::string_view::npos) {
      EXPECT_THAT(got, testing::StartsWith(": is a string that holds no JSON object: ")) << row.sent;  // the rest is the parser's
    } else {
      EXPECT_EQ(got, row.fault) << row.sent;
    }
  }
}

TEST(NluSchema, NamesAllFaultsAtOnce) {
  const Result<NluSchema> schema = schema_of(R"j({"a":1,"":null,"b":{"c":true}})j");
  ASSERT_FALSE(schema.ok());
  EXPECT_EQ(schema.error().faults().size(), 3);
}

std::string schema_of_depth(std::size_t levels) {
  std::string json;
  for (std::size_t i = 0; i < levels; ++i) json += R"j({"k":)j";
  json += "null";
  return json.append(levels, '}');
}

TEST(NluSchema, HasLimits) {
  EXPECT_TRUE(schema_of(schema_of_depth(60)).ok());
  EXPECT_THAT(seen(schema_of_depth(61)), testing::EndsWith("/k: is nested too deep"));
  EXPECT_EQ(seen(schema_of_depth(65)), "json_too_deep");
  EXPECT_THAT(seen(json_string(schema_of_depth(65))), testing::HasSubstr("nested deeper than 64"));

  const auto wide = [](std::size_t keys) {
    std::string json = "{";
    for (std::size_t i = 0; i < keys; ++i) json += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":null";
    return json + "}";
  };
  EXPECT_TRUE(schema_of(wide(256)).ok());
  EXPECT_EQ(seen(wide(1000)), "/k256: is one key too many");

  const auto named = [](std::size_t length) {
    std::string name;
    for (std::size_t i = 0; i < length; ++i) name += "问";
    return R"j({")j" + name + R"j(":null})j";
  };
  EXPECT_TRUE(schema_of(named(256)).ok());
  EXPECT_THAT(seen(named(257)), testing::EndsWith(": has a name that is too long"));
}

std::vector<NluKey> random_keys(SeededRandom& random, std::size_t level) {
  std::vector<NluKey> keys;
  for (std::uint64_t n = 1 + random.next_u64() % 3; n > 0; --n) {
    NluKey& key = keys.emplace_back();
    key.name = "键" + std::to_string(keys.size()) + (random.next_u64() % 2 == 0 ? "\"\\/~" : "？");
    if (level < 5 && random.next_u64() % 3 == 0) key.below = random_keys(random, level + 1);
  }
  return keys;
}

TEST(NluSchema, ComesBackAsItWasWritten) {
  SeededRandom random(20261127);
  for (int round = 0; round < 300; ++round) {
    const NluSchema schema{random_keys(random, 1)};
    const std::string json = json_of(schema);
    const Result<NluSchema> again = schema_of(json);
    ASSERT_TRUE(again.ok()) << json;
    EXPECT_EQ(*again, schema) << json;
    const Result<NluSchema> from_string = schema_of(json_string(json));
    ASSERT_TRUE(from_string.ok()) << json;
    EXPECT_EQ(*from_string, schema);
  }
}

}  // namespace
}  // namespace gatehouse::wire
