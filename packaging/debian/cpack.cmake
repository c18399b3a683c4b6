# CPack's settings for the .deb; packaging/package.py hands in the laid out tree and the version.
set(CPACK_PACKAGE_NAME rexray)
set(CPACK_PACKAGE_FILE_NAME rexray)
set(CPACK_TOPLEVEL_TAG deb)
set(CPACK_PACKAGE_CONTACT "rexray maintainers <rexray@packages.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "persistent volumes that follow containers from node to node")
set(CPACK_PACKAGE_DESCRIPTION "A daemon on each node speaks the Docker volume plugin protocol, for docker,
podman and swarm, and through dvdcli for Mesos and Marathon, and drives
storage backends. It is a drop-in for REX-Ray 0.3.3 and 0.11.4 and for dvdcli.

Without any configuration it serves the local driver: ext4, xfs or btrfs
volumes in sparse image files below /var/lib/rexray.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# The libraries, with the versions that the programs were linked with; libcurl is loaded by name (packaging/tree.py).
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "e2fsprogs, init-system-helpers (>= 1.54~), libcurl4")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "xfsprogs, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "docker.io, btrfs-progs")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_LIST_DIR}/postinst;${CMAKE_CURRENT_LIST_DIR}/prerm;${CMAKE_CURRENT_LIST_DIR}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX "/")
set(CPACK_SET_DESTDIR ON)
