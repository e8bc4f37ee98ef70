#include "gatehouse/nlu/lexicon.h"

#include <gmock/gmock.h>

#include "gatehouse/base/random.h"

namespace gatehouse::nlu {
namespace {

std::string lexicon_refusal(std::string_view bytes) {
  const Result<Lexicon> lexicon = Lexicon::read(bytes);
  return lexicon ? "none" : lexicon.error().public_text();
}

std::string names_found(const Lexicon& lexicon, std::string text, std::string_view type) {
  const Text whole(std::move(text));
  std::string out;
  for (const Place& place : lexicon.find(whole, type)) {
    out.append(out.empty() ? "" : " ").append(std::to_string(place.begin)).append(":").append(whole.slice(place));
  }
  return out;
}

TEST(Lexicon, FindsTheLongestNameOfItsType) {
  const Lexicon lexicon = Lexicon::read("# ours\n华为\t公司\r\n华为技术\t公司\n\n华为\t产品\n为技\t公司\nAB😀\t公司\n华为\t公司").value();
  EXPECT_EQ(lexicon.size(), 5);
  struct Row {
    const char *text, *type, *found;
  };
  constexpr Row rows[] = {
      {"华为在深圳", "公司", "0:华为"},
      {"华为技术和华为", "公司", "0:华为技术 5:华为"},
      {"华为技术和华为", "产品", "0:华为 5:华为"},
      {"华为技术", "人物", ""},
      {"华华为为技术", "公司", "1:华为 3:为技"},
      {"😀AB😀华", "公司", "1:AB😀"},
      {"ab😀", "公司", ""},
      {"华", "公司", ""},
      {"", "公司", ""},
      {"\xE5\x8D\xFF华为", "公司", "3:华为"},
  };
  for (const Row& row : rows) EXPECT_EQ(names_found(lexicon, row.text, row.type), row.found) << row.text;
}

TEST(Lexicon, NamesTheLineThatIsWrong) {
  EXPECT_EQ(lexicon_refusal(""), "none");
  EXPECT_EQ(lexicon_refusal("华为\t公司"), "none");
  const std::string second = "Line 2 of the lexicon is not a name, a tab and a type";
  for (const char* line : {"华为", "华为 公司", "\t公司", "华为\t", "华为\t公司\t", "华\x01\t公司", "\xFF\t公司"}) {
    EXPECT_EQ(lexicon_refusal("a\tb\n" + std::string(line) + "\nc\td"), second) << line;
  }
  EXPECT_EQ(lexicon_refusal("a\tb\n" + std::string(65, 'a') + "\tb"), second);
  EXPECT_EQ(lexicon_refusal(std::string(4UL * 1024 * 1024 + 1, 'a')), "A lexicon has at most 4 MiB");
}

TEST(Lexicon, HasAnotherEditionWhereItsBytesAreOthers) {
  const auto edition = [](std::string_view bytes) { return Lexicon::read(bytes).value().edition(); };
  EXPECT_EQ(edition("华为\t公司\n"), edition("华为\t公司\n"));
  EXPECT_NE(edition("华为\t公司\n"), edition("华为\t产品\n"));
  EXPECT_NE(edition(""), edition("\n"));
}

// By the definition: at each place that nothing found before covers, the longest name.
TEST(Lexicon, FindsWhatItsDefinitionSays) {
  SeededRandom random(20261127);
  const auto word = [&](std::size_t most) {
    std::string out;
    for (std::uint64_t n = 1 + random.next_u64() % most; n > 0; --n) out += random.next_u64() % 2 == 0 ? "华" : "为";
    return out;
  };
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> names;
    std::string lines;
    for (std::uint64_t n = random.next_u64() % 5; n > 0; --n) lines += names.emplace_back(word(4)) + "\tt\n";
    const Text text(word(30));
    std::vector<Place> wanted;
    for (std::uint32_t at = 0; at < text.size();) {
      std::uint32_t longest = 0;
      for (const std::string& name : names) {
        if (text.slice({at, text.size()}).starts_with(name)) longest = std::max(longest, static_cast<std::uint32_t>(name.size() / 3));
      }
      if (longest > 0) wanted.push_back({at, at + longest});
      at += std::max(longest, 1U);
    }
    EXPECT_EQ(Lexicon::read(lines).value().find(text, "t"), wanted) << lines << text.bytes();
  }
}

}  // namespace
}  // namespace gatehouse::nlu
