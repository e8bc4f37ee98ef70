#include "gatehouse/nlu/token_rows.h"

#include <gmock/gmock.h>

#include <string>

#include "test_vocabulary.h"

namespace gatehouse::nlu {
namespace {

using testing::ElementsAre;

TextReader reader_of(std::size_t longest) {
  return {.tokenizer = Tokenizer(test_vocabulary(), Tokenizer::Letters::lower), .longest = longest};
}

// The rows that a reader makes, as words: what tokens stand for.
class TokenRowsTest : public testing::Test {
 protected:
  std::vector<TokenId> ids_of(std::string_view text) const {
    std::vector<TokenId> ids = reader_.tokenizer.encode(text).ids;
    return {ids.begin() + 1, ids.end() - 1};
  }
  std::vector<TokenId> marked(std::vector<TokenId> ids) const {
    ids.insert(ids.begin(), vocabulary().begin());
    ids.push_back(vocabulary().end());
    return ids;
  }
  const Vocabulary& vocabulary() const { return reader_.tokenizer.vocabulary(); }
  const TextReader reader_ = reader_of(8);
};

TEST_F(TokenRowsTest, ATextStandsBetweenItsMarksAndIsCutAtItsEnd) {
  const wire::TokenRow row = row_of(reader_, "在人物");
  EXPECT_EQ(row.ids, marked(ids_of("在人物")));
  EXPECT_EQ(row.second, row.ids.size()) << "there is no other";
  EXPECT_EQ(row_of(reader_, "在人物地时间公司产品").ids, marked(ids_of("在人物地时间")));
  EXPECT_EQ(row_of(reader_, " ").ids, marked({}));
}

TEST_F(TokenRowsTest, IdsAreTheTextThatTheyWereMadeOf) {
  const std::vector<TokenId> bare = ids_of("在人物");
  const wire::TokenRow wanted = row_of(reader_, "在人物");
  EXPECT_EQ(row_of(reader_, bare).value(), wanted);
  EXPECT_EQ(row_of(reader_, marked(bare)).value(), wanted) << "with its marks, too";
  EXPECT_EQ(row_of(reader_, ids_of("在人物地时间公司产品")).value(), row_of(reader_, "在人物地时间公司产品"));
  EXPECT_EQ(row_of(reader_, std::vector<TokenId>{vocabulary().begin()}).value().ids, marked({vocabulary().begin()}));
  const auto unknown = row_of(reader_, std::vector<TokenId>{1, static_cast<TokenId>(vocabulary().size())});
  EXPECT_EQ(unknown.error().reason(), "token_unknown");
  EXPECT_THAT(unknown.error().public_text(), testing::HasSubstr(std::to_string(vocabulary().size())));
}

TEST_F(TokenRowsTest, OfAPairTheLongerOneIsCutFirst) {
  struct Case {
    const char *first, *second, *left_of_first, *left_of_second;
  };
  constexpr Case cases[] = {
      {"在人", "物地", "在人", "物地"},
      {"在", "物地时间公司", "在", "物地时间"},
      {"在人物地时间公司", "产", "在人物地", "产"},
      {"在人物地时间", "公司产品情感", "在人", "公司产"},
      {"在人物地时间公司", "产品情感", "在人物", "产品"},
  };
  for (const Case& one : cases) {
    const wire::TokenRow row = PairReader(reader_, one.first).row_with(one.second);
    std::vector<TokenId> wanted = marked(ids_of(one.left_of_first));
    const auto second = static_cast<std::uint32_t>(wanted.size());
    for (const TokenId id : ids_of(one.left_of_second)) wanted.push_back(id);
    wanted.push_back(vocabulary().end());
    EXPECT_EQ(row.ids, wanted) << one.first << " " << one.second;
    EXPECT_EQ(row.second, second) << one.first << " " << one.second;
    EXPECT_LE(row.ids.size(), reader_.longest);
  }
}

TEST(TokenRowsPlan, HoldsLikeLengthsTogetherInCallsOfABoundedSize) {
  std::vector<wire::TokenRow> rows;
  for (const std::size_t size : {2U, 9U, 4U, 3U, 9U}) rows.push_back({std::vector<TokenId>(size, 7), static_cast<std::uint32_t>(size)});
  const std::vector<RowCall> calls = plan_calls(rows, 8);
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_THAT(calls[0].places, ElementsAre(1)) << "one that is too long is a call by itself";
  EXPECT_THAT(calls[1].places, ElementsAre(4));
  EXPECT_THAT(calls[2].places, ElementsAre(2, 3));
  EXPECT_THAT(calls[3].places, ElementsAre(0));
  EXPECT_EQ(calls[2].rows.front().ids.size(), 4U);
  EXPECT_EQ(tokens_in(rows), 27U);
  EXPECT_EQ(plan_calls(rows, 1000).size(), 1U);
}

TEST(Tokenizer, KeepsLittleOfAWordThatHasNoEnd) {
  const Tokenizer tokenizer(test_vocabulary(), Tokenizer::Letters::lower);
  const std::string endless(100'000, 'a');
  const Tokens tokens = tokenizer.encode(endless + " a");
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokens.ids[1], tokenizer.vocabulary().unknown());
  EXPECT_EQ(tokens.places[1].end, 100'000U);
  EXPECT_EQ(tokens.places[2].begin, 100'001U);
}

}  // namespace
}  // namespace gatehouse::nlu
