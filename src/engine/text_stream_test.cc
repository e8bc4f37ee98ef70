#include "gatehouse/engine/text_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace gatehouse::engine {
namespace {

using testing::ElementsAreArray;

const std::string replaced = "\xEF\xBF\xBD";

struct Row {
  const char* what;
  std::vector<std::string> stops, pieces, shown;  // shown: after each piece, then after the end
  bool stopped = false;
};

TEST(TextStream, ShowsWhatIsCertain) {
  const std::vector<Row> rows = {
      {"plain text goes through", {}, {"Hello", " world"}, {"Hello", " world", ""}},
      {"nothing in, nothing out", {"END"}, {"", "a", ""}, {"", "a", "", ""}},
      {"a character in four pieces", {}, {"\xF0", "\x9F", "\x98", "\x80!"}, {"", "", "", "😀!", ""}},
      {"an unfinished character at the end is dropped", {}, {"a\xC3"}, {"a", ""}},
      {"a stop string in one piece", {"END"}, {"one END two"}, {"one ", ""}, true},
      {"a stop string over three pieces", {"END"}, {"one E", "N", "D two"}, {"one ", "", "", ""}, true},
      {"what only begins like a stop string is text", {"END"}, {"one EN", "ough"}, {"one ", "ENough", ""}},
      {"held back text comes at the end", {"END"}, {"one EN"}, {"one ", "EN"}},
      {"a shorter tail goes on being held", {"aab"}, {"a", "a", "a", "b"}, {"", "", "a", "", ""}, true},
      {"the first to be complete wins", {"bcde", "cd"}, {"abcdef"}, {"ab", ""}, true},
      {"the longest of those complete at once wins", {"c", "abc", "bc"}, {"xabc"}, {"x", ""}, true},
      {"a later stop string does not matter", {"two", "one"}, {"an one or two"}, {"an ", ""}, true},
      {"nothing after a stop", {"\n"}, {"a\nb", "c"}, {"a", "", ""}, true},
      {"a stop string of several bytes a character", {"né"}, {"on", "\xC3", "\xA9"}, {"o", "", "", ""}, true},
      {"a character that begins like one of a stop string", {"é"}, {"\xC3", "\xA8"}, {"", "è", ""}},
      {"an empty stop string is none", {""}, {"text"}, {"text", ""}},
      {"an ill-formed stop string is none", {"\xA9", "\xC3"}, {"é"}, {"é", ""}},
      {"a stray continuation byte", {}, {"a\x80z"}, {"a" + replaced + "z", ""}},
      {"a cut character before another", {}, {"\xE2\x82", "a"}, {"", replaced + "a", ""}},
      {"a cut character before a lead byte", {}, {"\xF0\x9F", "\xC3\xA9"}, {"", replaced + "é", ""}},
      {"overlong forms", {}, {"\xC0\xAF\xE0\x80\xAF"}, {replaced + replaced + replaced + replaced + replaced, ""}},
      {"a surrogate", {}, {"\xED\xA0\x80"}, {replaced + replaced + replaced, ""}},
      {"beyond the last character", {}, {"\xF4\x90\x80\x80\xFF"}, {replaced + replaced + replaced + replaced + replaced, ""}},
      {"the marks themselves can be a stop string", {replaced}, {"a\xFFz"}, {"a", ""}, true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    TextStream stream(row.stops);
    std::vector<std::string> shown;
    for (const std::string& piece : row.pieces) {
      std::string& out = shown.emplace_back();
      const bool stopped = stream.push(piece, out);
      EXPECT_EQ(stopped, stream.stopped());
    }
    stream.finish(shown.emplace_back());
    EXPECT_THAT(shown, ElementsAreArray(row.shown));
    EXPECT_EQ(stream.stopped(), row.stopped);
    EXPECT_EQ(stream.stopped_by().empty(), !row.stopped);
  }
}

TEST(TextStream, NamesTheStopStringThatWasMet) {
  const auto met = [](std::vector<std::string> stops, std::string_view text) {
    TextStream stream(std::move(stops));
    std::string shown;
    for (const char byte : text) stream.push({&byte, 1}, shown);
    return shown + "|" + stream.stopped_by();
  };
  EXPECT_EQ(met({"two", "END"}, "one END"), "one |END");
  EXPECT_EQ(met({"c", "bc"}, "abcd"), "a|bc") << "the longest of those complete at once";
  EXPECT_EQ(met({"abcd", "c"}, "abcd"), "ab|c") << "not the longer one that had begun";
  EXPECT_EQ(met({"né"}, "oné"), "o|né");
  EXPECT_EQ(met({"END"}, "one EN"), "one |") << "none was met";
}

// ---- Against the plain definition ----

bool is_utf8(std::string_view text) {
  TextStream check({});
  std::string shown;
  check.push(text, shown);
  return shown == text;
}

// The text before the earliest start among the stop strings that are complete at the first byte where any is; everything where none is.
std::string cut_at_stop(std::string_view text, const std::vector<std::string>& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::size_t start = end;
    for (const std::string& stop : stops) {
      if (!stop.empty() && text.substr(0, end).ends_with(stop)) start = std::min(start, end - stop.size());
    }
    if (start < end) return std::string(text.substr(0, start));
  }
  return std::string(text);
}

std::size_t longest_open_tail(std::string_view text, const std::vector<std::string>& stops) {
  std::size_t longest = 0;
  for (const std::string& stop : stops) {
    for (std::size_t n = 1; n < stop.size() && n <= text.size(); ++n) {
      if (text.ends_with(std::string_view(stop).substr(0, n))) longest = std::max(longest, n);
    }
  }
  return longest;
}

std::string whole_characters(std::string_view text) {
  std::size_t size = text.size();
  while (!is_utf8(text.substr(0, size))) --size;
  return std::string(text.substr(0, size));
}

class RandomText {
 public:
  explicit RandomText(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  // Few different characters, so that stop strings nearly match often.
  std::string text(std::size_t characters) {
    static const std::vector<std::string> alphabet = {"a", "b", "a", "é", "è", "€", "😀"};
    std::string out;
    for (std::size_t i = 0; i < characters; ++i) out += alphabet[below(alphabet.size())];
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

void check_one(RandomText& random) {
  const std::string text = random.text(random.below(40));
  std::vector<std::string> stops(random.below(4));
  for (std::string& stop : stops) stop = random.text(random.below(6));
  const std::string expected = cut_at_stop(text, stops);
  TextStream stream(stops);
  std::string shown;
  std::size_t at = 0;
  while (at < text.size() && !stream.stopped()) {
    const std::size_t size = std::min(random.below(6) + 1, text.size() - at);
    std::string out;
    const bool stopped = stream.push(std::string_view(text).substr(at, size), out);
    at += size;
    shown += out;
    ASSERT_TRUE(is_utf8(out));
    ASSERT_TRUE(expected.starts_with(shown)) << "part of a stop string was shown";
    if (stopped) break;
    const std::string seen = whole_characters(std::string_view(text).substr(0, at));
    ASSERT_EQ(shown.size(), seen.size() - longest_open_tail(seen, stops)) << "more or less was held back than needed";
  }
  std::string rest;
  stream.finish(rest);
  ASSERT_EQ(shown + rest, expected);
  ASSERT_EQ(stream.stopped(), expected.size() < text.size());
  ASSERT_TRUE(text.substr(expected.size()).starts_with(stream.stopped_by()));
}

TEST(TextStream, EqualsTheDefinitionHoweverTheTextIsCut) {
  for (std::uint64_t seed = 0; seed < 20'000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    RandomText random(seed);
    check_one(random);
  }
}

TEST(TextStream, AnyBytesBecomeTheSameUtf8HoweverTheyAreCut) {
  static const std::string alphabet("a\x80\xBF\x9F\xA0\xC2\xC3\xE0\xE2\xED\xF0\xF4\xF5\xFF\x00", 15);
  for (std::uint64_t seed = 0; seed < 3000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    RandomText random(seed);
    std::string bytes(random.below(24), '\0');
    for (char& c : bytes) c = alphabet[random.below(alphabet.size())];
    TextStream whole({"aa"}), cut({"aa"});
    std::string at_once, piecewise;
    whole.push(bytes, at_once);
    for (const char c : bytes) cut.push(std::string_view(&c, 1), piecewise);
    whole.finish(at_once);
    cut.finish(piecewise);
    ASSERT_EQ(at_once, piecewise);
    ASSERT_TRUE(is_utf8(at_once));
  }
}

TEST(TextStream, ALongStopStringCostsNoMoreThanItsLength) {
  std::string stop(1 << 20, 'a');
  stop += 'b';
  TextStream stream({stop});
  std::string out;
  for (int i = 0; i < 1 << 21; ++i) ASSERT_FALSE(stream.push("a", out));
  EXPECT_EQ(out.size(), std::size_t{1} << 20);
  EXPECT_TRUE(stream.push("b", out));
  EXPECT_EQ(out.size(), std::size_t{1} << 20);
}

TEST(TextStream, SaysWhereItIs) {
  struct Step {
    std::string bytes;
    std::size_t pushed, shown;
  };
  const std::vector<Step> steps{{"ab", 2, 2}, {"\xE6", 3, 2}, {"\x97", 3, 2},   {"\xA5", 5, 5}, {"E", 6, 5},    {"N", 7, 5},
                                {"", 7, 5},   {"x", 8, 8},    {"\xFF", 11, 11}, {"E", 12, 11},  {"ND!", 14, 11}};
  TextStream stream({"END"});
  std::string shown;
  for (const Step& step : steps) {
    stream.push(step.bytes, shown);
    EXPECT_EQ(stream.pushed(), step.pushed) << step.bytes;
    EXPECT_EQ(stream.shown(), step.shown) << step.bytes;
    EXPECT_EQ(stream.shown(), shown.size()) << step.bytes;
  }
  TextStream other({"END"});
  other.push("EN", shown);
  other.finish(shown);
  EXPECT_EQ(other.shown(), 2U);
}

}  // namespace
}  // namespace gatehouse::engine
