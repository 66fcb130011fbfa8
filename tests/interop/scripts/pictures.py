"""Reads pictures by zxing-cpp. Arguments: files; stdout: a list of texts for each."""

import json
import sys

import zxingcpp
from PIL import Image


def read(path):
    found = zxingcpp.read_barcodes(Image.open(path), formats=zxingcpp.BarcodeFormat.QRCode)
    return [symbol.text for symbol in found]


json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
