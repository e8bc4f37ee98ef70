#include "gatehouse/config/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/config/reading.h"

namespace gatehouse::config {
namespace {

TEST(EditDistance, CountsLettersChangedPutInAndLeftOut) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("listen", "listen"), 0U);
  EXPECT_EQ(edit_distance("lisen", "listen"), 1U);
  EXPECT_EQ(edit_distance("listten", "listen"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3U);
}

TEST(EditDistance, LooksAtTheFirst64LettersAlone) {
  const std::string long_word(100'000, 'a');
  EXPECT_EQ(edit_distance(long_word, long_word + "bcd"), 0U);
  EXPECT_EQ(edit_distance(long_word, ""), 64U);
}

TEST(Nearest, IsTheFirstOfThoseThatAreNearest) {
  const std::vector<std::string_view> words{"head", "heap", "idle"};
  EXPECT_EQ(nearest("hea", words), "head");
  EXPECT_EQ(nearest("idel", words), "idle");
  EXPECT_EQ(nearest("heap", words), "heap");
}

std::vector<KeySpec> keys_called(std::initializer_list<const char*> names) {
  std::vector<KeySpec> keys;
  for (const char* name : names) keys.emplace_back().name = name;
  return keys;
}

TEST(Suggestion, NamesTheKeyThatWasMeant) {
  const auto keys = keys_called({"server.listen", "server.limits.head", "server.drain_deadline", "models.default_llm"});
  EXPECT_EQ(suggestion(keys, "server.lisen"), " (did you mean server.listen?)");
  EXPECT_EQ(suggestion(keys, "sever"), " (did you mean server?)");
  EXPECT_EQ(suggestion(keys, "server.limit"), " (did you mean server.limits?)");
  EXPECT_EQ(suggestion(keys, "model.default_llm"), " (did you mean models.default_llm?)");
}

TEST(Suggestion, FindsAKeyThatStandsInTheWrongTable) {
  const auto keys = keys_called({"server.listen", "server.limits.head", "server.drain_deadline"});
  EXPECT_EQ(suggestion(keys, "server.limits.drain_deadline"), " (did you mean server.drain_deadline?)");
  EXPECT_EQ(suggestion(keys, "listen"), " (did you mean server.listen?)");
}

TEST(Suggestion, SaysNothingWhereNothingIsNear) {
  const auto keys = keys_called({"server.listen", "log.level"});
  EXPECT_EQ(suggestion(keys, "kubernetes"), "");
  EXPECT_EQ(suggestion(keys, ""), "");
  EXPECT_EQ(suggestion({}, "x"), "");
}

}  // namespace
}  // namespace gatehouse::config
