#include "gatehouse/nlu/tokenizer.h"

#include <gmock/gmock.h>

#include "gatehouse/base/random.h"
#include "test_vocabulary.h"

namespace gatehouse::nlu {
namespace {

const Tokenizer& lower() {
  static const Tokenizer tokenizer(test_vocabulary(), Tokenizer::Letters::lower);
  return tokenizer;
}

// Each token as what it stands for in the text, or as [UNK] with that.
std::string pieces(std::string_view sent, const Tokenizer& tokenizer = lower()) {
  const Text text{std::string(sent)};
  const Tokens tokens = tokenizer.encode(sent);
  std::string out;
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    out.append(out.empty() ? "" : " ")
        .append(tokens.ids[i] == tokenizer.vocabulary().unknown() ? "[UNK]" : "")
        .append(text.slice(tokens.places[i]));
  }
  return out;
}

TEST(Tokenizer, CutsTextIntoPieces) {
  struct Row {
    const char *what, *text, *pieces;
  };
  constexpr Row rows[] = {
      {"nothing", "", ""},
      {"blanks", " \t\n\u3000\u00A0\u2028 ", ""},
      {"Han characters stand alone", "谷爱凌", "谷 爱 凌"},
      {"unknown ones, too", "谷龘凌", "谷 [UNK]龘 凌"},
      {"Latin falls to characters", "abc", "a b c"},
      {"longer pieces first", "phone2018", "phone 2 0 18"},
      {"a continuation", "apple 2018", "a p ple 2018"},
      {"capitals", "iPHONE", "i P H O N E"},
      {"beside Han", "新phone在", "[UNK]新 phone 在"},
      {"marks are dropped and belong to the character before", "é e\u0301", "é e"},
      {"an unknown letter makes the word unknown", "abßc d", "[UNK]abßc d"},
      {"punctuation stands alone", "a.b，c", "a . b ， c"},
      {"unknown punctuation, too", "a、b", "a [UNK]、 b"},
      {"names of control tokens are text", "[CLS]a[SEP]", "[ C L S ] a [ S E P ]"},
      {"control characters are dropped inside a word", "pho\u0001ne", "pho\u0001ne"},
      {"so are soft hyphens and the mark of order", "\uFEFFpho\u00ADne", "pho\u00ADne"},
      {"full-width digits are characters of their own", "１a", "[UNK]１a"},
      {"Han beyond the first plane", "\U00020000在", "[UNK]\U00020000 在"},
      {"but not of the blocks that came later", "\U00030000a", "[UNK]\U00030000a"},
      {"a capital with a mark", "İa", "İ a"},
      {"Hangul is decomposed", "한a", "[UNK]한a"},
  };
  for (const Row& row : rows) EXPECT_EQ(pieces(row.text), row.pieces) << row.what;
}

TEST(Tokenizer, KeepsLettersWhereItIsTold) {
  const Tokenizer as_they_are(test_vocabulary(), Tokenizer::Letters::as_they_are);
  EXPECT_EQ(pieces("phone Phone é", as_they_are), "phone [UNK]Phone [UNK]é");
}

TEST(Tokenizer, GivesLongWordsUp) {
  EXPECT_EQ(lower().encode(std::string(100, 'a')).size(), 102);
  EXPECT_EQ(lower().encode(std::string(101, 'a')).size(), 3);
  EXPECT_EQ(lower().encode(std::string(20000, 'a')).places[1], (Place{0, 20000}));
}

TEST(Tokenizer, StandsBetweenMarksAndIsCut) {
  const Tokens whole = lower().encode("谷爱凌");
  EXPECT_EQ(whole.ids.front(), lower().vocabulary().begin());
  EXPECT_EQ(whole.ids.back(), lower().vocabulary().end());
  EXPECT_TRUE(whole.places.front().empty() && whole.places.back().empty());
  const Tokens cut = lower().encode("谷爱凌在北京", 4);
  EXPECT_EQ(cut.ids, lower().encode("谷爱").ids);
  EXPECT_EQ(lower().encode("谷爱凌", 5).ids, whole.ids);
  EXPECT_EQ(lower().encode("谷爱凌", 2).ids, lower().encode("").ids);
  EXPECT_EQ(lower().encode("apple", 3).size(), 3) << "in the middle of a word";
}

// Whatever the text: places are in order and within it, none is empty but those of the marks, and what is cut is a beginning of the whole.
TEST(Tokenizer, HasPlacesWithinAnyText) {
  SeededRandom random(20261127);
  const std::string alphabets[] = {"谷爱凌abcé\u0301１，[CLS] \n", std::string("a\0\xFF\xE8\xB0\xF0\x9F\x98\x80", 9)};
  for (int round = 0; round < 500; ++round) {
    const std::string& alphabet = alphabets[round % 2];
    std::string bytes;
    for (std::uint64_t n = random.next_u64() % 60; n > 0; --n)
      bytes += alphabet.substr(random.next_u64() % alphabet.size(), 1 + random.next_u64() % 3);
    const Text text(bytes);
    const Tokens tokens = lower().encode(bytes);
    ASSERT_EQ(tokens.ids.size(), tokens.places.size());
    std::uint32_t end = 0;
    for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
      ASSERT_LT(tokens.places[i].begin, tokens.places[i].end);
      ASSERT_LE(end, tokens.places[i].begin);
      end = tokens.places[i].end;
    }
    ASSERT_LE(end, text.size());
    const std::size_t most = 2 + random.next_u64() % 20;
    Tokens cut = lower().encode(bytes, most);
    ASSERT_LE(cut.size(), most);
    cut.ids.pop_back();
    ASSERT_TRUE(std::equal(cut.ids.begin(), cut.ids.end(), tokens.ids.begin()));
  }
}

std::string refusal(std::string_view bytes) {
  const Result<Vocabulary> read = Vocabulary::read(bytes, "vocab.txt");
  return read ? "none" : read.error().public_text();
}

TEST(Vocabulary, NumbersItsLines) {
  const Vocabulary read = Vocabulary::read("[PAD]\r\n[UNK]\r\n[CLS]\n[SEP]\na\n##a\n##\n\nb\na", "vocab.txt").value();
  EXPECT_EQ(read.size(), 10);
  EXPECT_EQ(read.beginning("a"), 9) << "the later of two";
  EXPECT_EQ(read.continuation("a"), 5);
  EXPECT_EQ(read.beginning("b"), 8);
  EXPECT_EQ(read.beginning("##a"), std::nullopt);
  EXPECT_EQ(read.unknown(), 1);
  EXPECT_EQ(read.longest(), 5);
}

TEST(Vocabulary, RefusesWhatIsNone) {
  EXPECT_EQ(refusal(""), "vocab.txt: [PAD] is missing");
  EXPECT_EQ(refusal("[PAD]\n[UNK]\n[CLS]\n"), "vocab.txt: [SEP] is missing");
  EXPECT_EQ(refusal("[PAD]\n[UNK]\n[CLS]\n[SEP]\n\xFF"), "vocab.txt: is not UTF-8");
  EXPECT_EQ(refusal(std::string((1UL << 18) + 1, '\n')), "vocab.txt: a vocabulary has at most 262144 lines");
  EXPECT_EQ(refusal(std::string(16UL * 1024 * 1024 + 1, 'a')), "vocab.txt: a vocabulary has at most 16 MiB");
}

}  // namespace
}  // namespace gatehouse::nlu
