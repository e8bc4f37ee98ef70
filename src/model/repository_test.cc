#include "gatehouse/model/repository.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "test_folder.h"

namespace gatehouse::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string good = "kind = \"llm\"\n[[files]]\npath = \"m\"\nsha256 = \"" + std::string(64, 'a') + "\"\n";

class Repository : public ::testing::Test {
 protected:
  void model(const std::string& place, const std::string& toml = good) { put(folder_.path() / place / "model.toml", toml); }
  std::vector<Entry> all() const { return scan({folder_.path() / "one", folder_.path() / "absent", folder_.path() / "two"}); }
  // "name/version", and what is wrong with it.
  static std::vector<std::string> said(const std::vector<Entry>& entries) {
    std::vector<std::string> out;
    for (const Entry& entry : entries) {
      const std::string fault = entry.manifest ? "" : " " + std::string(entry.manifest.error().reason());
      out.push_back(entry.name + "/" + std::to_string(entry.version) + fault);
    }
    return out;
  }
  TestFolder folder_;
};

TEST_F(Repository, FindsEveryVersionHighestFirst) {
  model("one/b/1"), model("one/b/10"), model("one/b/9"), model("two/a-1.x_y/3");
  EXPECT_THAT(said(all()), ElementsAre("a-1.x_y/3", "b/10", "b/9", "b/1"));
  EXPECT_THAT(said(newest(all())), ElementsAre("a-1.x_y/3", "b/10"));
}

TEST_F(Repository, TheFirstFolderWinsWhereBothHaveAVersion) {
  model("two/m/1"), model("one/m/1"), model("two/m/2");
  const std::vector<Entry> found = all();
  EXPECT_THAT(said(found), ElementsAre("m/2", "m/1"));
  EXPECT_EQ(found[0].folder, folder_.path() / "two" / "m" / "2");
  EXPECT_EQ(found[1].folder, folder_.path() / "one" / "m" / "1");
}

TEST_F(Repository, ABrokenManifestStopsNoOther) {
  model("one/a/1", "kind = "), model("one/b/1"), model("one/b/2", "kind = \"what\"\n"), model("one/c/1");
  std::filesystem::create_directories(folder_.path() / "one" / "d" / "1");
  EXPECT_THAT(said(all()), ElementsAre("a/1 manifest_invalid", "b/2 manifest_invalid", "b/1", "c/1", "d/1 manifest_missing"));
  EXPECT_THAT(said(newest(all())), ElementsAre("a/1 manifest_invalid", "b/2 manifest_invalid", "b/1", "c/1", "d/1 manifest_missing"))
      << "the broken ones are named, and b is served in version 1";
}

TEST_F(Repository, NamesAndVersionsMustBeRight) {
  model("one/Upper/1"), model("one/" + std::string(65, 'a') + "/1"), model("one/m/01"), model("one/m/0"), model("one/m/-1");
  model("one/m/1.5"), model("one/m/4294967296"), model("one/m/2"), model("one/n");
  int names = 0, versions = 0, right = 0;
  for (const Entry& entry : all()) {
    right += entry.manifest.ok();
    names += !entry.manifest && entry.manifest.error().reason() == "model_name_invalid";
    versions += !entry.manifest && entry.manifest.error().reason() == "model_version_invalid";
  }
  EXPECT_EQ(names, 2);
  EXPECT_EQ(versions, 6);
  EXPECT_EQ(right, 1);
}

TEST_F(Repository, WhatIsNoModelIsLeftAlone) {
  put(folder_.path() / "one" / "README.md", "text"), put(folder_.path() / "one" / "m" / "notes" / "a.txt", "text");
  model("one/.cache/1"), model("one/m/.git");
  EXPECT_THAT(said(all()), IsEmpty());
  EXPECT_THAT(said(scan({})), IsEmpty());
}

TEST_F(Repository, AFolderThatCannotBeReadIsSaid) {
  put(folder_.path() / "one", "a file");
  model("two/m/1");
  EXPECT_THAT(said(all()), ElementsAre("/0 model_folder_unreadable", "m/1"));
}

TEST_F(Repository, FoldersLookDifferentWhenAnotherScanMayFindSomethingElse) {
  const auto look = [this] { return look_of({folder_.path() / "one", folder_.path() / "absent"}); };
  std::vector<std::string> looks{look()};
  const auto differs = [&] {
    looks.push_back(look());
    EXPECT_EQ(look(), looks.back()) << "nothing has changed";
    return std::ranges::count(looks, looks.back()) == 1;
  };
  std::filesystem::create_directories(folder_.path() / "one");
  EXPECT_TRUE(differs()) << "a folder of models";
  std::filesystem::create_directories(folder_.path() / "one" / "b" / "1");
  EXPECT_TRUE(differs()) << "a version without a manifest";
  model("one/b/1");
  EXPECT_TRUE(differs()) << "its manifest";
  model("one/b/1", good + "# more\n");
  EXPECT_TRUE(differs()) << "another one";
  std::filesystem::permissions(folder_.path() / "one/b/1/model.toml", std::filesystem::perms::none);
  EXPECT_TRUE(differs()) << "one that may not be read";
  model("absent/c/2");
  EXPECT_TRUE(differs()) << "a folder that was not there";
  std::filesystem::remove_all(folder_.path() / "one" / "b");
  EXPECT_TRUE(differs()) << "a model less";
}

}  // namespace
}  // namespace gatehouse::model
