#pragma once

// What other systems leave on a disk, written by hand from their published formats, so that tests need none
// of their tools. Each function writes to an existing image file.

#include <string>

namespace rexray::host {

void WriteLuks(const std::string& image);       ///< cryptsetup's on-disk format, version 1
void WriteLvm(const std::string& image);        ///< LVM2's label in sector 1
void WriteMdRaid(const std::string& image);     ///< md superblock 1.2, at 4 KiB
void WriteGpt(const std::string& image);        ///< UEFI, chapter 5: protective MBR and primary header
void WriteMbr(const std::string& image);        ///< one Linux partition
void WriteSwap(const std::string& image);       ///< SWAPSPACE2 of 4 KiB pages
void WriteZfs(const std::string& image);        ///< label 0 with eight uberblocks
void WriteBcache(const std::string& image);     ///< backing device
void WriteNtfs(const std::string& image);       ///< boot sector and the MFT's first records
void WriteOracleAsm(const std::string& image);  ///< what oracleasm stamps: ORCLDISK
void WriteOracleRawHeader(
    const std::string& image);  ///< an ASM disk header without the stamp: no magic known to us

}  // namespace rexray::host
