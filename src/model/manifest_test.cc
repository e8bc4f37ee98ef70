#include "gatehouse/model/manifest.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "gatehouse/base/random.h"
#include "test_folder.h"

namespace gatehouse::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string digest(64, 'a');
const std::string file_entry = "[[files]]\npath = \"m.onnx\"\nsha256 = \"" + digest + "\"\n";
const std::string minimal = "kind = \"llm\"\n" + file_entry;

std::string fault(const std::string& toml) {
  const Result<Manifest> parsed = parse_manifest(toml, "model.toml");
  return parsed.ok() ? "it was taken" : std::string(parsed.error().reason()) + " " + parsed.error().public_text();
}

// Each part of a dotted key is a table in a table, and the library takes them apart by recursion: half a million end the process.
TEST(Manifest, RefusesKeysOfVeryManyParts) {
  std::string deep = "a";
  for (int i = 0; i < 400'000; ++i) deep += ".a";
  for (const std::string& toml : {deep + " = 1", "[" + deep + "]", "[[" + deep + "]]", "x = { " + deep + " = 1 }", deep}) {
    EXPECT_THAT(fault(toml), StartsWith("manifest_invalid model.toml: more than 10000 dots")) << toml.substr(0, 9);
  }
  deep.resize(2 * 10'000 + 1);
  EXPECT_THAT(fault("[" + deep + "]"), HasSubstr("'a' is not a known key")) << "as many parts as are allowed are taken apart in peace";
}

TEST(Manifest, ReadsALanguageModels) {
  const Result<Manifest> manifest = parse_manifest(R"(# A comment.
kind = "llm"
licence = "Apache-2.0"
source = "Somebody's model"

[[files]]
path = "SmolLM2-135M-Instruct.Q4_1.gguf"
sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

[chat]
system_prompt = "Be kind."

[limits]
context = 8192      # tokens
vocabulary = 49152
)",
                                                   "model.toml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().describe();
  EXPECT_EQ(manifest->kind, Kind::llm);
  ASSERT_EQ(manifest->files.size(), 1U);
  EXPECT_EQ(manifest->files[0].path, "SmolLM2-135M-Instruct.Q4_1.gguf");
  EXPECT_EQ(manifest->files[0].sha256, "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
  EXPECT_EQ(manifest->limits.context, 8192U);
  EXPECT_EQ(manifest->limits.vocabulary, 49152U);
  EXPECT_EQ(manifest->chat.system_prompt, "Be kind.");
  EXPECT_EQ(manifest->licence, "Apache-2.0");
}

TEST(Manifest, ReadsATablesFeaturesTensorsAndPrice) {
  const Result<Manifest> manifest = parse_manifest("kind = \"trees\"\nlabels = [\"setosa\", \"versicolor\"]\n" + file_entry + R"(
[[inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 4]
[[features]]
name = "sepal length"
unit = "cm"
min = 0
max = 30.5
example = 5.1
[[features]]
name = "colour"
values = ["red", "blue"]
example = "red"
[price]
call = 0.002
)",
                                                   "model.toml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().describe();
  EXPECT_THAT(manifest->labels, ElementsAre("setosa", "versicolor"));
  EXPECT_THAT(manifest->inputs.at(0).shape, ElementsAre(-1, 4));
  EXPECT_EQ(manifest->features.at(0).min, 0.0);
  EXPECT_EQ(manifest->features.at(0).max, 30.5);
  EXPECT_EQ(std::get<double>(*manifest->features.at(0).example), 5.1);
  EXPECT_THAT(manifest->features.at(1).values, ElementsAre("red", "blue"));
  EXPECT_EQ(std::get<std::string>(*manifest->features.at(1).example), "red");
  EXPECT_EQ(manifest->price.call, 0.002);
  EXPECT_EQ(manifest->price.prompt, std::nullopt);
}

constexpr const char* nlu_table =
    "[nlu]\nsiamese_layers = 1\nfusion_layers = 2\nhidden = 275\nmax_len = 384\nstride = 352\nhint_max = 128\n"
    "hint_position_base = 384\nthreshold = -0.5\nlower_case = false\nevent_types = [\"a\"]\n";

TEST(Manifest, ReadsWhatAModelOfSchemasNeeds) {
  const Result<Manifest> manifest = parse_manifest("kind = \"nlu\"\n" + std::string(file_entry) + nlu_table, "model.toml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().describe();
  ASSERT_TRUE(manifest->nlu);
  EXPECT_EQ(manifest->nlu->hidden, 275U);
  EXPECT_EQ(manifest->nlu->stride, 352U);
  EXPECT_EQ(manifest->nlu->hint_position_base, 384U);
  EXPECT_EQ(manifest->nlu->threshold, -0.5);
  EXPECT_FALSE(manifest->nlu->lower_case);
  EXPECT_EQ(manifest->nlu->label_separator, ",");
  EXPECT_EQ(manifest->nlu->event_types, std::vector<std::string>{"a"});
}

TEST(Manifest, MayHavePositionsOfPromptsBeginWhereTheTextEnds) {
  std::string table = nlu_table;
  table.replace(table.find("= 384\nthreshold"), 5, "= \"text_len\"");
  const Result<Manifest> manifest = parse_manifest("kind = \"nlu\"\n" + std::string(file_entry) + table, "model.toml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().describe();
  EXPECT_EQ(manifest->nlu->hint_position_base, std::nullopt);
}

TEST(Manifest, OfSchemasIsRefusedWhereItCannotBeRight) {
  const auto refused = [](std::string table, std::string_view from, std::string_view to, std::string_view kind = "nlu") {
    const std::size_t at = table.find(from);
    table.replace(at, from.size(), to);
    return parse_manifest("kind = \"" + std::string(kind) + "\"\n" + file_entry + table, "model.toml").error().describe();
  };
  EXPECT_THAT(refused(nlu_table, "stride = 352", "stride = 385"), testing::HasSubstr("stride"));
  EXPECT_THAT(refused(nlu_table, "hidden = 275\n", ""), testing::HasSubstr("hidden"));
  EXPECT_THAT(refused(nlu_table, "lower_case = false", "lower_case = 0"), testing::HasSubstr("lower_case"));
  EXPECT_THAT(refused(nlu_table, "_base = 384", "_base = \"text\""), testing::HasSubstr("hint_position_base"));
  EXPECT_THAT(refused(nlu_table, "hint_position_base = 384\n", ""), testing::HasSubstr("hint_position_base"));
  EXPECT_THAT(refused(nlu_table, "[nlu]", "[nlu]", "llm"), testing::HasSubstr("kind nlu"));
}

TEST(Manifest, EveryKindHasItsName) {
  for (const std::string_view kind : {"llm", "tensor", "trees", "nlu", "embeddings", "rerank"}) {
    const Result<Manifest> manifest = parse_manifest("kind = \"" + std::string(kind) + "\"\n" + file_entry, "model.toml");
    ASSERT_TRUE(manifest.ok()) << kind;
    EXPECT_EQ(to_string(manifest->kind), kind);
  }
  EXPECT_EQ(parse_manifest("kind = \"upstream\"\n", "model.toml")->kind, Kind::upstream) << "an upstream needs no file";
}

TEST(Manifest, UnknownKeysNameThePlaceAndTheNearestRightOne) {
  EXPECT_EQ(fault("kind = \"llm\"\nlicense = \"MIT\"\n" + file_entry),
            "manifest_invalid model.toml:2:1: 'license' is not a known key; the nearest is 'licence'");
  EXPECT_EQ(fault(minimal + "shasum = \"x\"\n"),
            "manifest_invalid model.toml:5:1: 'shasum' in [[files]] is not a known key; the nearest is 'sha256'");
  EXPECT_EQ(fault(minimal + "[limits]\ncontxt = 5\n"),
            "manifest_invalid model.toml:6:1: 'contxt' in [limits] is not a known key; the nearest is 'context'");
}

TEST(Manifest, BrokenSyntaxNamesThePlace) {
  EXPECT_THAT(fault("kind = \"llm\"\nfiles = [\n"), StartsWith("manifest_invalid model.toml:"));
  EXPECT_THAT(fault("kind = llm\n"), StartsWith("manifest_invalid model.toml:1:"));
  EXPECT_THAT(fault("kind = \"llm\"\nkind = \"llm\"\n"), StartsWith("manifest_invalid model.toml:2:"));
  EXPECT_THAT(fault(std::string("kind = \"\xff\"\n")), StartsWith("manifest_invalid model.toml:1:"));
  EXPECT_THAT(fault("x = " + std::string(5000, '[')), StartsWith("manifest_invalid model.toml:1:"));
}

TEST(Manifest, WrongValuesAreRefusedWhereTheyStand) {
  const std::vector<std::pair<std::string, std::string>> table{
      {file_entry, "'kind' is missing"},
      {"kind = \"LLM\"\n" + file_entry, "model.toml:1:8: 'kind' must be one of llm, tensor"},
      {"kind = 3\n" + file_entry, "'kind' must be a text"},
      {"kind = \"llm\"\n", "'files' must name the model's file"},
      {"kind = \"llm\"\nfiles = \"m.gguf\"\n", "model.toml:2:9: 'files' must be a list"},
      {"kind = \"llm\"\nfiles = [\"m.gguf\"]\n", "'files' must hold tables alone"},
      {"kind = \"llm\"\n[[files]]\npath = \"m\"\n", "'sha256' in [[files]] is missing"},
      {"kind = \"llm\"\n[[files]]\npath = \"m\"\nsha256 = \"" + std::string(64, 'A') + "\"\n", "must be 64 lower-case hexadecimal digits"},
      {minimal + file_entry, "names a file a second time"},
      {minimal + "[limits]\ncontext = 0\n", "'context' in [limits] must be an integer from 1"},
      {minimal + "[limits]\ncontext = \"8192\"\n", "must be an integer"},
      {minimal + "[limits]\ncontext = 1.0\n", "must be an integer"},
      {minimal + "[price]\nprompt = -0.1\n", "must not be negative"},
      {minimal + "[price]\nprompt = nan\n", "must be a number"},
      {minimal + "[[inputs]]\nname = \"x\"\ndatatype = \"FLOAT\"\nshape = [1]\n", "'datatype' in [[inputs]] must be one of BOOL"},
      {minimal + "[[inputs]]\nname = \"x\"\ndatatype = \"FP32\"\n", "'shape' in [[inputs]] is missing"},
      {minimal + "[[outputs]]\nname = \"x\"\ndatatype = \"FP32\"\nshape = [-2]\n", "positive integers"},
      {minimal + "[[features]]\nname = \"x\"\nmin = 2\nmax = 1\n", "'min' in [[features]] is above max"},
      {minimal + "[[features]]\nname = \"x\"\ntrained_min = 2\ntrained_max = 1\n", "'trained_min' in [[features]] is above trained_max"},
      {"labels = [1]\n" + minimal, "'labels' must hold texts alone"},
  };
  for (const auto& [toml, expected] : table) EXPECT_THAT(fault(toml), HasSubstr(expected)) << toml;
}

TEST(Manifest, FilesAreNamedByPlainPathsInsideTheFolder) {
  for (const std::string_view path :
       {"/etc/passwd", "../m", "a/../m", "a//m", "./m", "a/", "/", ".", "..", "a\\\\m", "a\\u0000b", "a\\nb"}) {
    const std::string toml = "kind = \"llm\"\n[[files]]\npath = \"" + std::string(path) + "\"\nsha256 = \"" + digest + "\"\n";
    EXPECT_THAT(fault(toml), HasSubstr("must be a plain path")) << path;
  }
  const std::string below = "kind = \"llm\"\n[[files]]\npath = \"onnx/模型..q8.onnx\"\nsha256 = \"" + digest + "\"\n";
  EXPECT_EQ(parse_manifest(below, "model.toml")->files.at(0).path, "onnx/模型..q8.onnx");
}

TEST(Manifest, NoLinkLeadsOutOfTheFolder) {
  const TestFolder folder;
  const std::filesystem::path model = folder.path() / "m" / "1";
  put(model / "model.toml", minimal);
  EXPECT_TRUE(read_manifest(model).ok()) << "the file itself may come later";
  put(folder.path() / "secret", "s");
  std::filesystem::create_symlink(folder.path() / "secret", model / "m.onnx");
  const Result<Manifest> out = read_manifest(model);
  ASSERT_FALSE(out.ok());
  EXPECT_THAT(out.error().public_text(), HasSubstr("leads out of the model's folder"));

  std::filesystem::remove(model / "m.onnx");
  std::filesystem::create_symlink("../../secret", model / "m.onnx");
  EXPECT_FALSE(read_manifest(model).ok());
  std::filesystem::remove(model / "m.onnx");
  put(model / "model.toml", "kind = \"llm\"\n[[files]]\npath = \"sub/secret\"\nsha256 = \"" + digest + "\"\n");
  std::filesystem::create_directory_symlink(folder.path(), model / "sub");
  EXPECT_FALSE(read_manifest(model).ok()) << "neither does a folder on the way";
}

TEST(Manifest, MissingAndOverlongFilesAreSaid) {
  const TestFolder folder;
  EXPECT_EQ(read_manifest(folder.path()).error().reason(), "manifest_missing");
  put(folder.path() / "model.toml", minimal + std::string(1100000, '#'));
  EXPECT_EQ(read_manifest(folder.path()).error().reason(), "manifest_invalid");
}

TEST(Manifest, OfModelsOfTextsSaysHowTheyAreRead) {
  const auto read = [](const std::string& kind, const std::string& rest) {
    return parse_manifest("kind = \"" + kind + "\"\n" + std::string(file_entry) + rest, "model.toml");
  };
  for (const char* kind : {"embeddings", "rerank"}) {
    EXPECT_TRUE(read(kind, "")->texts.lower_case);
    EXPECT_FALSE(read(kind, "[texts]\nlower_case = false\n")->texts.lower_case);
    EXPECT_THAT(read(kind, "[texts]\nlower_case = 1\n").error().public_text(), testing::HasSubstr("lower_case"));
    EXPECT_THAT(read(kind, "[texts]\nlower = true\n").error().public_text(), testing::HasSubstr("lower_case"));
  }
  EXPECT_THAT(read("tensor", "[texts]\n").error().public_text(), testing::HasSubstr("texts"));
}

// Whoever brings a model writes its manifest: whatever stands there, it is read or refused.
TEST(Manifest, SurvivesMutations) {
  const std::string whole = "kind = \"trees\"\nlabels = [\"a\", \"b\"]\nlicence = \"MIT\"\n" + file_entry +
                            "[[inputs]]\nname = \"X\"\ndatatype = \"FP32\"\nshape = [-1, 4]\n[[outputs]]\nname = \"y\"\ndatatype = "
                            "\"INT64\"\nshape = [-1]\n[[features]]\nname = \"f\"\nunit = \"cm\"\nmin = 0\nmax = 30.5\nexample = 5.1\n"
                            "[price]\ncall = 0.25\n";
  ASSERT_TRUE(parse_manifest(whole, "model.toml").ok()) << fault(whole);
  const bool soak = std::getenv("GATEHOUSE_SOAK") != nullptr;
  const std::uint64_t seed = soak ? SystemRandom().next_u64() : 12345;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  SeededRandom dice(seed);
  int taken = 0;
  for (int i = 0; i < (soak ? 100'000 : 2000); ++i) {
    std::string toml = whole;
    for (std::uint64_t k = dice.next_u64() % 4; k > 0; --k) {
      const std::size_t at = dice.next_u64() % toml.size(), from = dice.next_u64() % toml.size();
      if (dice.next_u64() % 4 == 0) {
        toml.insert(at, toml.substr(from, dice.next_u64() % 64));
      } else {
        toml[at] = static_cast<char>(dice.next_u64() & 0xffU);
      }
    }
    if (dice.next_u64() % 16 == 0) toml.resize(dice.next_u64() % toml.size());
    const Result<Manifest> read = parse_manifest(toml, "model.toml");
    if (!read) {
      EXPECT_EQ(read.error().reason(), "manifest_invalid");
      continue;
    }
    ++taken;
    EXPECT_EQ(specs_of(read->inputs).size(), read->inputs.size());
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace gatehouse::model
