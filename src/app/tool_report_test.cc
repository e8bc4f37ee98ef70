#include "tool_report.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

template <class T>
T again(const ToolReport& report) {
  std::string line = line_of(report);
  EXPECT_EQ(line.back(), '\n');
  line.pop_back();
  const auto read = parse_report(line);
  EXPECT_TRUE(read && std::holds_alternative<T>(*read)) << line;
  return read && std::holds_alternative<T>(*read) ? std::get<T>(*read) : T{};
}

TEST(ToolReport, IsReadAsItWasWritten) {
  const auto progress = again<ToolProgress>(ToolProgress{5, 7});
  EXPECT_EQ(progress.done, 5U);
  EXPECT_EQ(progress.all, 7U);
  const auto speed = again<engine::ModelSpeed>(engine::ModelSpeed{2, 380.25, {{1, 161}, {16, 234.5}}});
  EXPECT_EQ(speed.threads, 2U);
  EXPECT_EQ(speed.prefill, 380.25);
  ASSERT_EQ(speed.decode.size(), 2U);
  EXPECT_EQ(speed.decode[1].sequences, 16U);
  EXPECT_EQ(speed.decode[1].tokens, 234.5);
  const auto failure = again<ToolFailure>(ToolFailure{"model_load_failed", "llama.cpp: no\nsuch thing"});
  EXPECT_EQ(failure.reason, "model_load_failed");
  EXPECT_EQ(failure.text, "llama.cpp: no such thing");
  again<ToolEnd>(ToolEnd{});
}

TEST(ToolReport, OfAnotherFormIsNone) {
  for (const char* line : {"",
                           "=",
                           "done 1 2",
                           "=done",
                           "=done 1",
                           "=done 2 1",
                           "=done 1 2 3",
                           "=done -1 2",
                           "=done 1 99999999999999999999",
                           "=speed",
                           "=speed 1",
                           "=speed 1 nan",
                           "=speed 1 -2",
                           "=speed 1 inf",
                           "=speed 1 2 3",
                           "=speed 1 2 3:",
                           "=speed 1 2 x:1",
                           "=failed",
                           "=failed A b",
                           "=end ",
                           "=end 1",
                           "llama: something"})
    EXPECT_FALSE(parse_report(line)) << line;
  const auto failure = parse_report("=failed x \x1b[2J" + std::string(5000, 'a'));
  ASSERT_TRUE(failure);
  const auto& said = std::get<ToolFailure>(*failure);
  EXPECT_EQ(said.text.substr(0, 5), "?[2Ja") << "terminals obey nothing that a file says";
  EXPECT_LE(said.text.size(), 1000U);
}

}  // namespace
}  // namespace gatehouse::app
