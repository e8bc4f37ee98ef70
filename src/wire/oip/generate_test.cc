#include "gatehouse/wire/oip/generate.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using testing::ElementsAre;

Result<OipGenerateRequest> read_text(std::string_view body) {
  JsonParser parser;
  return read_oip_generate(parser.parse(body).value());
}

TEST(ReadOipGenerate, TakesATextAndHowItIsContinued) {
  const auto got = read_text(
      R"({"id":"7","text_input":"Hi","parameters":{"max_tokens":5,"temperature":0,"top_k":-1,"stop":["\n"],"seed":3,"stream":false}})");
  ASSERT_TRUE(got.ok()) << got.error().describe();
  EXPECT_EQ(got->id, "7");
  EXPECT_EQ(got->text_input, "Hi");
  EXPECT_EQ(got->parameters.max_tokens, 5U);
  EXPECT_EQ(got->parameters.temperature, 0);
  EXPECT_THAT(got->parameters.stop.strings, ElementsAre("\n"));
  EXPECT_EQ(got->parameters.stream, false);
  const auto bare = read_text(R"({"text_input":"Hi"})");
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->parameters.max_tokens, std::nullopt);
  EXPECT_EQ(bare->parameters.temperature, 1);
}

TEST(ReadOipGenerate, NamesAllThatIsWrongAtOnce) {
  const auto got = read_text(R"({"text_input":"","text":1,"parameters":{"max_tokens":0,"temperature":3,"tempreature":1}})");
  ASSERT_FALSE(got.ok());
  std::vector<std::string> paths;
  for (const FieldFault& fault : got.error().faults()) paths.push_back(fault.path);
  EXPECT_THAT(paths, ElementsAre("/text_input", "/text", "/parameters/max_tokens", "/parameters/temperature", "/parameters/tempreature"));
  EXPECT_EQ(read_text("{}").error().faults().at(0).path, "/text_input");
}

TEST(WriteOipGenerated, HasTheFourMembersOfTheProtocolAndDetailsWhereTheyAreAskedFor) {
  OipGenerated generated;
  generated.id = "7", generated.model = "m", generated.version = "1", generated.text = "a\"b";
  std::string out;
  write_oip_generated(out, generated);
  EXPECT_EQ(out, R"({"id":"7","model_name":"m","model_version":"1","text_output":"a\"b"})");
  generated.finish_reason = "length", generated.prompt_tokens = 9, generated.completion_tokens = 2;
  out.clear();
  write_oip_generated(out, generated);
  EXPECT_EQ(out, R"({"id":"7","model_name":"m","model_version":"1","text_output":"a\"b",)"
                 R"("details":{"finish_reason":"length","prompt_tokens":9,"completion_tokens":2}})");
}

}  // namespace
}  // namespace gatehouse::wire
